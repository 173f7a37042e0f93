package io.portcullis.policy;

/** IP version that a rule speaks of. */
public enum IpFamily {
    /** RFC 791. */
    IPV4,
    /** RFC 8200. */
    IPV6,
    /** Either. */
    ANY
}
