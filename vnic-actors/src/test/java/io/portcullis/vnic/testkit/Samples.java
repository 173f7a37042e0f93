package io.portcullis.vnic.testkit;

import io.portcullis.datapath.runtime.VnicAttachment;
import io.portcullis.datapath.track.SavedTable;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.persistence.Checkpoint;
import io.portcullis.persistence.CheckpointHead;
import io.portcullis.policy.Action;
import io.portcullis.policy.HostId;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.RuleTableCodec;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.VnicSpec;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/** Names and values that tests share. */
public final class Samples {
    public static final TenantId ACME = new TenantId("acme");
    public static final HostId HOST_1 = new HostId("host-1");
    public static final HostId HOST_2 = new HostId("host-2");
    public static final VmId WEB_1 = VmId.parse("acme/web-1");
    public static final VnicId WEB_1_ETH0 = VnicId.parse("acme/web-1/eth0");
    public static final VmId DB_1 = VmId.parse("acme/db-1");
    public static final VnicId DB_1_ETH0 = VnicId.parse("acme/db-1/eth0");

    private Samples() {}

    /** A VM with one vNIC {@code eth0}. */
    public static VmSpec spec(VmId vm, int number) {
        return new VmSpec(vm, List.of(vnicSpec(new VnicId(vm, "eth0"), number)));
    }

    public static VnicSpec vnicSpec(VnicId vnic, int number) {
        return new VnicSpec(
                vnic,
                new MacAddress(0x02_00_00_00_00_00L + number),
                List.of(
                        InetAddress.ofLiteral("10.0.0." + number),
                        InetAddress.ofLiteral("2001:db8::" + Integer.toHexString(number))),
                100,
                "tap:" + vnic.vm().name() + "/" + vnic.name());
    }

    /** A table without rules, whose content differs from that with another action. */
    public static RuleTable table(Action defaultAction) {
        return RuleTableCodec.seal(List.of(), defaultAction, false);
    }

    /** As a host writes it that enforces the VM of {@link #spec}. */
    public static Checkpoint checkpoint(VnicId vnic, int number, long epoch, RuleTable rules, TableSnapshot table) {
        VnicSpec spec = vnicSpec(vnic, number);
        VnicAttachment attachment =
                new VnicAttachment(vnic, epoch, spec.mac(), spec.addresses(), spec.vlan(), spec.port(), 1_000);
        Instant now = Instant.now();
        return new Checkpoint(new CheckpointHead(attachment, 7, rules), now, SavedTable.of(table, now));
    }

    /** A connection table with one chunk. */
    public static TableSnapshot connections(String content) {
        byte[] chunk = content.getBytes(StandardCharsets.UTF_8);
        return new TableSnapshot(List.of(chunk), 1, digest(List.of(chunk)));
    }

    /** Of such a table. */
    public static long digest(List<byte[]> chunks) {
        return chunks.stream().mapToInt(Arrays::hashCode).sum();
    }
}
