/** What tests of this module and of those above it share. */
@org.jspecify.annotations.NullMarked
package io.portcullis.vnic.testkit;
