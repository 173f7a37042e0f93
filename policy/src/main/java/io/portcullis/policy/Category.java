package io.portcullis.policy;

/** Categories of security policies, in the order in which they are evaluated; the default comes after the last. */
public enum Category {
    /** Rules on MAC addresses and ethertypes. */
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
