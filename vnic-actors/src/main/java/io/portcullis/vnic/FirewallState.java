package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicMode;

/** Where a {@link VnicFirewall} stands; see there for the transitions. */
public enum FirewallState {
    /** The host's data path does not have the vNIC. */
    UNATTACHED,
    /** Attached, but passes nothing: another host enforces, or the VM is not yet admitted. */
    PASSIVE,
    /** Decides for every frame of the vNIC; without a rule table it drops them all. */
    ENFORCING,
    /** Source of a cut-over: the VM's queue is handed over, what was left here is still decided here. */
    CUTTING_OVER,
    /** The connection table is final and has left; decides nothing. */
    SEALED,
    /** Gone from here, or never to come back under this epoch; answers where the vNIC is now, if it knows. */
    RELEASED;

    static FirewallState of(VnicMode mode) {
        return switch (mode) {
            case PASSIVE, HOLDING -> PASSIVE;
            case ENFORCING -> ENFORCING;
            case CUTTING -> CUTTING_OVER;
            case SEALED -> SEALED;
        };
    }
}
