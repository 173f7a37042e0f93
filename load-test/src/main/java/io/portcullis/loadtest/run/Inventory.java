package io.portcullis.loadtest.run;

import io.portcullis.loadtest.arm.Controls;
import io.portcullis.loadtest.flow.VmEnd;
import io.portcullis.loadtest.lab.FrameLab;
import io.portcullis.loadtest.scenario.Arm;
import io.portcullis.loadtest.scenario.Scenario;
import io.portcullis.loadtest.scenario.VmPlan;
import io.portcullis.policy.MacAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The tenant of a scenario with its VMs, their twins and those of its controls, with addresses. Immutable. */
final class Inventory {
    private static final long FIRST_MAC = 0x02_63_00_00_00_00L;
    private static final int VLAN_BITS = 16;

    private final String tenant;
    private final int firstVlan;

    private final List<VmEnd> ends = new ArrayList<>();
    private final Map<String, VmEnd> byName = new LinkedHashMap<>();
    private final Map<String, VmEnd> twins = new LinkedHashMap<>();
    private final Map<String, String> firstHosts = new LinkedHashMap<>();
    private final Map<String, List<String>> groups = new LinkedHashMap<>();
    private final Map<String, List<String>> tags = new LinkedHashMap<>();
    private final Map<Arm, VmEnd> arms = new EnumMap<>(Arm.class);

    /**
     * Adds the VMs to the fabric.
     *
     * @param firstVlan of the tenant; those of the controls come behind it
     */
    Inventory(Scenario scenario, FrameLab lab, String tenant, int firstVlan) throws IOException {
        this.tenant = tenant;
        this.firstVlan = firstVlan;
        for (VmPlan plan : scenario.script().vms()) {
            groups.put(plan.name(), plan.instances());
            for (String name : plan.instances()) {
                VmEnd vm = add(lab, plan, name, "moving", firstVlan, null);
                firstHosts.put(name, plan.host());
                if (plan.twinHost() != null) {
                    String twin = VmPlan.twinOf(name);
                    twins.put(name, add(lab, plan, twin, "twin", firstVlan, vm));
                    firstHosts.put(twin, plan.twinHost());
                }
            }
        }
        VmPlan first = scenario.script().vms().getFirst();
        int vlan = firstVlan;
        for (Arm arm : scenario.arms()) {
            vlan++;
            arms.put(arm, add(lab, first, "arm-" + arm.label(), arm.label(), vlan, ends.getFirst()));
        }
    }

    private VmEnd add(FrameLab lab, VmPlan plan, String name, String role, int vlan, @Nullable VmEnd original)
            throws IOException {
        int index = ends.size();
        MacAddress mac = new MacAddress(FIRST_MAC + ((long) firstVlan << VLAN_BITS) + index);
        VmEnd end = new VmEnd(
                index,
                name,
                plan.name(),
                role,
                mac,
                address(new byte[] {10, 99, (byte) ((index + 1) >> 8), (byte) (index + 1)}),
                address(new byte[] {
                    (byte) 0xfd, 0, 0, 0x63, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) ((index + 1) >> 8), (byte) (index + 1)
                }),
                vlan,
                lab.addEnd(tenant + "-" + name, mac),
                original);
        ends.add(end);
        byName.put(name, end);
        tags.put(name, plan.tags());
        return end;
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    String tenant() {
        return tenant;
    }

    /** As the API calls the VM. */
    String path(String vm) {
        return tenant + "/" + vm;
    }

    List<VmEnd> ends() {
        return ends;
    }

    VmEnd end(String name) {
        VmEnd end = byName.get(name);
        if (end == null) {
            throw new IllegalArgumentException("no VM " + name);
        }
        return end;
    }

    Optional<VmEnd> twin(String name) {
        return Optional.ofNullable(twins.get(name));
    }

    /** Name to the host on which it begins. */
    Map<String, String> firstHosts() {
        return firstHosts;
    }

    /** Names of the VMs of a plan, without twins. */
    List<String> group(String plan) {
        return groups.getOrDefault(plan, List.of());
    }

    /** The VMs of the controls, which get the traffic of the first VM. */
    Map<Arm, Controls.Subject> subjects() {
        Map<Arm, Controls.Subject> subjects = new EnumMap<>(Arm.class);
        arms.forEach((arm, end) -> subjects.put(arm, new Controls.Subject(end, documents(List.of(end)))));
        return subjects;
    }

    /** Segment and VMs as documents, without those of the controls. */
    String documents() {
        return documents(ends.stream().filter(end -> !arms.containsValue(end)).toList());
    }

    private String documents(List<VmEnd> its) {
        StringBuilder text = new StringBuilder("kind: Segment\nmetadata: {name: front}\nspec: {vlan: "
                + its.getFirst().vlan() + "}\n");
        for (VmEnd end : its) {
            String quoted = String.join(
                    ", ",
                    tags.getOrDefault(end.name(), List.of()).stream()
                            .map(tag -> '"' + tag + '"')
                            .toList());
            text.append("""
                ---
                kind: Vm
                metadata: {name: %s}
                spec:
                  tags: [%s]
                  vnics: [{name: eth0, mac: "%s", addresses: ["%s", "%s"], segment: front, port: "%s"}]
                """.formatted(
                            end.name(),
                            quoted,
                            end.mac(),
                            end.address(false).getHostAddress(),
                            end.address(true).getHostAddress(),
                            end.port().port()));
        }
        return text.toString();
    }
}
