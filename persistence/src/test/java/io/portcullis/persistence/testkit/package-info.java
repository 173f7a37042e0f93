/** Databases for the tests of this module and of those above it. */
@org.jspecify.annotations.NullMarked
package io.portcullis.persistence.testkit;
