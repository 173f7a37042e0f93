/** {@link io.portcullis.admin.AdminServices} over the actors of the cluster: asks with deadlines, refusals as problems. */
@org.jspecify.annotations.NullMarked
package io.portcullis.admin.actors;
