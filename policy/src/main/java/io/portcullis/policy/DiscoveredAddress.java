package io.portcullis.policy;

import java.net.InetAddress;

/**
 * An address that a vNIC was found to have, beside those that are declared for it.
 *
 * @param source what said so
 * @param held another vNIC of the segment declares the address or had it first: this one is shown with it, and in no group because of it
 */
public record DiscoveredAddress(InetAddress address, AddressSource source, boolean held) {
    /** One that nobody else is known to have. */
    public DiscoveredAddress(InetAddress address, AddressSource source) {
        this(address, source, false);
    }

    public DiscoveredAddress withHeld(boolean isHeld) {
        return isHeld == held ? this : new DiscoveredAddress(address, source, isHeld);
    }
}
