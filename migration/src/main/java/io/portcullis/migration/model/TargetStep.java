package io.portcullis.migration.model;

/** How far the destination of a migration is; the transitions are in {@link TargetMachine}. */
public enum TargetStep {
    /** The host was told to attach the VM, passive. */
    ADMITTING,
    /** The data paths were told to await the cut. */
    EXPECTING,
    /** All is ready; the source's state comes in. */
    READY,
    /** As READY; and the vNICs enforce by themselves as soon as they can: from here on only they can say whether they do. */
    ARMED,
    /** The vNICs were told not to enforce by themselves any more, and are asked whether any does. */
    DISARMING,
    /** All state is here; the tables are being imported. */
    IMPORTING,
    /** The vNICs were told to enforce: from here on only they can say whether they do. */
    ACTIVATING,
    /** Activating failed too often: the vNICs are asked whether any enforces. */
    LOOKING,
    /** The VM is enforced here: the commit point has passed. */
    ACTIVE,
    /** It never will activate, but waits for the source to enforce, so that frames held here can go back. */
    GIVEN_UP,
    /** The host was told to forget the VM. */
    CLEARING
}
