package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * An address that a vNIC was found to have beside those declared.
 *
 * @param source {@code arp}, {@code nd} or {@code dhcp}
 * @param held whether it is held back: in no group because of this vNIC, as another one of the segment declares it or had it first
 * @param owner the vNIC that has it instead, if it is held back and there is one still
 */
public record DiscoveredView(
        String address,
        String source,
        boolean held,
        @Nullable String owner) {}
