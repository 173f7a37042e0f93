package io.portcullis.persistence;

import io.portcullis.policy.VnicId;

/**
 * A piece of a connection table on its way between two hosts; crosses nodes as raw bytes, on the large-message stream.
 *
 * @param sequence position in what is sent of the table of this vNIC, from 0; counted apart for what is sent ahead
 * @param ahead whether it is sent while the source still enforces; else it is of the rest, after the source has sealed
 * @param bytes as the table's codec made them; nobody changes them
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody, and copying is what the raw serializer avoids
public record StateChunk(String migrationId, VnicId vnic, int sequence, boolean ahead, byte[] bytes) {}
