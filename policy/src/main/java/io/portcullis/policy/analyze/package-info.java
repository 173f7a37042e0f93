/**
 * Finds what is wrong with a tenant's policy though it is valid: rules that never decide, that order alone keeps apart, that
 * allow too much; groups and services that nobody needs. Pure, like the compiler.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.policy.analyze;
