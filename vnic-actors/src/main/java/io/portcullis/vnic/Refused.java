package io.portcullis.vnic;

import io.portcullis.persistence.CborSerializable;

/**
 * A command was refused; nothing was changed.
 *
 * @param message for people: what is wrong, with the values that are
 */
public record Refused(RefusalCode code, String message)
        implements FirewallReply, HostReply, TenantReply, CborSerializable {}
