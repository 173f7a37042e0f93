package io.portcullis.datapath.track;

/** Sets of time-outs to choose from; what is picked up in its middle is the policy's choice, not theirs. */
public enum TimeoutPreset {
    /** The defaults of Linux 6: an idle TCP connection lives for 5 days. */
    LINUX,
    /** Those of NSX's distributed firewall: 12 hours. */
    NSX;

    /** The preset's time-outs with strict or loose pickup; the same object each time. */
    public TrackingProfile profile(boolean isLoose) {
        return switch (this) {
            case LINUX -> isLoose ? TrackingProfile.LOOSE : TrackingProfile.STRICT;
            case NSX -> isLoose ? Nsx.LOOSE : Nsx.STRICT;
        };
    }

    private static final class Nsx {
        static final TrackingProfile STRICT = TrackingProfile.nsxLike(false);
        static final TrackingProfile LOOSE = TrackingProfile.nsxLike(true);
    }
}
