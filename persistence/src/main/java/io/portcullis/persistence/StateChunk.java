package io.portcullis.persistence;

import io.portcullis.policy.VnicId;

/**
 * A piece of a connection table on its way between two hosts; crosses nodes as raw bytes, on the large-message stream.
 *
 * @param sequence position in the table of this vNIC, from 0
 * @param last whether no more chunks of this vNIC follow
 * @param bytes as the table's codec made them; nobody changes them
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody, and copying is what the raw serializer avoids
public record StateChunk(String migrationId, VnicId vnic, int sequence, boolean last, byte[] bytes) {}
