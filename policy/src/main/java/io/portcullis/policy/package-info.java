/** The central model: tenants, inventory, groups, security policies. Knows no framework. */
@org.jspecify.annotations.NullMarked
package io.portcullis.policy;
