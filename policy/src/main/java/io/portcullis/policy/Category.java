package io.portcullis.policy;

/** Categories of security policies, in the order in which those of one {@link Tier} are evaluated; see {@link Stage} for that of all. */
public enum Category {
    /**
     * Judges each frame by itself, IP or not: MAC addresses, ethertypes, and whatever else of a rule holds for one frame. ALLOW
     * and PASS hand an IP packet on to the next categories, ALLOW lets a frame pass that is neither IP nor ARP.
     */
    ETHERNET,
    /** Quarantine and the like: in force before anything else at layer 3. */
    EMERGENCY,
    /** Shared services: DNS, NTP, directory, back-up. */
    INFRASTRUCTURE,
    /** Zones against zones: production against test. */
    ENVIRONMENT,
    /** Tiers within an application. */
    APPLICATION
}
