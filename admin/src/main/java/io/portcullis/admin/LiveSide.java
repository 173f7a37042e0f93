package io.portcullis.admin;

import io.portcullis.api.PlacementView;
import java.util.List;

/**
 * What is known of the firewall of one vNIC: where its VM is, and what each host said that may have it.
 *
 * @param answers one, or two while the VM moves; none if it is attached to no host
 */
record LiveSide(PlacementView placement, List<FirewallAnswer> answers) {}
