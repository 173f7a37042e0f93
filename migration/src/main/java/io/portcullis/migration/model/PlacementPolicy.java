package io.portcullis.migration.model;

/** Which of the hosts that have room a VM goes to, if nobody says where ({@code portcullis.migration.placement}). */
public record PlacementPolicy(Preference preference, AntiAffinity antiAffinity) {
    /** Among hosts with room. */
    public enum Preference {
        /** The one that carries least: of VMs, vNICs, connections and packets, each as its share of the cluster's. */
        SPREAD,
        /** The one that carries most, so that others stay empty. */
        PACK
    }

    /** How much it counts that VMs of a tenant share a tag that is to keep them apart. */
    public enum AntiAffinity {
        OFF,
        /** They go to one host only if no other has room. */
        SOFT,
        /** They never go to one host. */
        HARD
    }
}
