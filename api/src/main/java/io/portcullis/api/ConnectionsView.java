package io.portcullis.api;

import java.util.List;

/**
 * Connections of a vNIC.
 *
 * @param truncated whether there are more than were asked for
 */
public record ConnectionsView(String vnic, String host, boolean truncated, List<ConnectionView> connections) {}
