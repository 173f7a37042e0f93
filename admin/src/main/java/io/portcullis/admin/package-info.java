/**
 * The HTTP API of a node: routes, authentication, metrics. Promises that a refused request changed nothing and says why
 * (RFC 9457). Reaches the cluster only through {@link io.portcullis.admin.AdminServices}.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.admin;
