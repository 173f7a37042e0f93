package io.portcullis.datapath.packet;

/** Ethertypes that the data path knows (IEEE 802 numbers). */
public final class EtherTypes {
    public static final int IPV4 = 0x0800;
    public static final int ARP = 0x0806;
    public static final int RARP = 0x8035;
    public static final int IPV6 = 0x86dd;
    /** IEEE 802.1Q customer tag. */
    public static final int VLAN = 0x8100;
    /** IEEE 802.1ad service tag. */
    public static final int SERVICE_VLAN = 0x88a8;
    /** Pre-standard outer tag that is still met. */
    public static final int LEGACY_SERVICE_VLAN = 0x9100;

    private EtherTypes() {}

    public static boolean isVlan(int etherType) {
        return etherType == VLAN || etherType == SERVICE_VLAN || etherType == LEGACY_SERVICE_VLAN;
    }
}
