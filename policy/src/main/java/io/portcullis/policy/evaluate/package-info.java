/**
 * What the central model says about one packet, read word by word, without a compiler: the definition that compiled rule tables
 * are compared with, and the answer to an operator's "why?". Must not know rule tables or what makes them.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.policy.evaluate;
