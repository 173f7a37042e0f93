package io.portcullis.cluster;

/** A shard has no home as its host is not in the cluster; the next message for it asks again. */
final class HostNotUpException extends RuntimeException {
    HostNotUpException(String host) {
        super("host " + host + " is not up", null, false, false);
    }
}
