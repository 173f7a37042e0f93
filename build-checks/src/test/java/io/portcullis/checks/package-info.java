/** Checks over the whole tree that no single module can make. */
@org.jspecify.annotations.NullMarked
package io.portcullis.checks;
