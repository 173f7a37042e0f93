package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a rule of category {@code ETHERNET} wants of the Ethernet header; every part that is given must hold.
 *
 * @param etherTypes {@code ipv4}, {@code ipv6}, {@code arp}, {@code rarp}, {@code lldp}, {@code eapol}, {@code mpls}, {@code pppoe},
 *     {@code ptp}, {@code llc} (frames with a length instead), or a number such as {@code "0x88cc"}; any may match, none means all
 * @param sources MAC addresses or prefixes such as {@code 01:80:c2:00:00:00/44}; any may match, none means all
 * @param negateSources all but those; default no
 */
public record EthernetSpec(
        @Nullable List<String> etherTypes,
        @Nullable List<String> sources,
        @Nullable Boolean negateSources,
        @Nullable List<String> destinations,
        @Nullable Boolean negateDestinations) {}
