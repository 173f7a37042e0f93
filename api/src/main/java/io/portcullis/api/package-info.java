/**
 * The documents of the HTTP API, as records, and {@link io.portcullis.api.PortcullisClient}. Knows nothing of the cluster's own
 * types: what is written here is what a foreign client sees.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.api;
