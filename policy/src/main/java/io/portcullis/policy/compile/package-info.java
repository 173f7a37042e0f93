/** From the central model to one rule table per vNIC. */
@org.jspecify.annotations.NullMarked
package io.portcullis.policy.compile;
