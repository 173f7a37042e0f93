/** Messages that are too large for one frame of the transport between nodes: they travel in pieces, fetched by their receiver. */
@org.jspecify.annotations.NullMarked
package io.portcullis.vnic.parcel;
