/**
 * The central model of one tenant: inventory, groups, services and security policies. Immutable values; whatever an
 * operator may get wrong comes back as a list of {@link io.portcullis.policy.model.Problem}s, not as an exception.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.policy.model;
