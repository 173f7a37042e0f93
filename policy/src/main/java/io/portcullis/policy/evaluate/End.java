package io.portcullis.policy.evaluate;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who sends or receives.
 *
 * @param vnic null for an address that no vNIC of the tenant declares
 */
public record End(@Nullable Vnic vnic, InetAddress address) {
    /** Each declared address of each of these vNICs. */
    public static List<End> of(List<Vnic> vnics) {
        return vnics.stream()
                .flatMap(vnic -> vnic.allAddresses().stream().map(address -> new End(vnic, address)))
                .toList();
    }

    /** The vNICs of the tenant that declare the address; itself alone if there are none. */
    public static List<End> of(TenantModel model, InetAddress address) {
        List<End> ends = new ArrayList<>();
        for (Vm vm : model.vms().values()) {
            for (Vnic vnic : vm.vnics()) {
                if (vnic.allAddresses().contains(address)) {
                    ends.add(new End(vnic, address));
                }
            }
        }
        return ends.isEmpty() ? List.of(new End(null, address)) : ends;
    }

    public IpFamily family() {
        return address instanceof Inet4Address ? IpFamily.IPV4 : IpFamily.IPV6;
    }
}
