package io.portcullis.policy;

/** Sets of time-outs of idle connections to choose from. */
public enum TimeoutPreset {
    /** The defaults of Linux 6: an idle TCP connection lives for 5 days. */
    LINUX,
    /** Those of NSX's distributed firewall: 12 hours. */
    NSX
}
