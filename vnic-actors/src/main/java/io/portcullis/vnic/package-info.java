/** The actors of a host: one firewall per vNIC, the host's agent, and each tenant's policy. */
@org.jspecify.annotations.NullMarked
package io.portcullis.vnic;
