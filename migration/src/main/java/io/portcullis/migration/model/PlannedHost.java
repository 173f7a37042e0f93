package io.portcullis.migration.model;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A host as a plan sees it, with what the plan has put there or taken away. Belongs to its planner. */
final class PlannedHost {
    private final HostRoom room;
    private final Map<VmId, VmLoad> vms = new LinkedHashMap<>();

    /** How many VMs of a tenant have a value that keeps them apart. */
    private final Map<String, Integer> apart = new HashMap<>();

    private long vnics;
    private long connections;
    private long packetsPerSecond;

    PlannedHost(HostRoom room) {
        this.room = room;
        room.vms().forEach(this::add);
    }

    HostId id() {
        return room.host();
    }

    boolean has(VmId vm) {
        return vms.containsKey(vm);
    }

    List<VmLoad> loads() {
        return List.copyOf(vms.values());
    }

    boolean hasRoom(VmLoad vm) {
        return room.takesVms() && vnics + vm.vnics() <= room.maxVnics();
    }

    /** How many VMs here the VM should be kept apart from, once for each value that they share. */
    int conflicts(VmLoad vm) {
        VmLoad self = vms.get(vm.vm());
        int conflicts = 0;
        for (String value : vm.apart()) {
            conflicts += apart.getOrDefault(key(vm, value), 0)
                    - (self != null && self.apart().contains(value) ? 1 : 0);
        }
        return conflicts;
    }

    void add(VmLoad vm) {
        remove(vm.vm());
        vms.put(vm.vm(), vm);
        count(vm, 1);
    }

    void remove(VmId vm) {
        VmLoad gone = vms.remove(vm);
        if (gone != null) {
            count(gone, -1);
        }
    }

    private void count(VmLoad vm, int sign) {
        vnics += (long) sign * vm.vnics();
        connections += sign * vm.connections();
        packetsPerSecond += sign * vm.packetsPerSecond();
        vm.apart().forEach(value -> apart.merge(key(vm, value), sign, Integer::sum));
    }

    private static String key(VmLoad vm, String value) {
        return vm.vm().tenant() + "/" + value;
    }

    int vms() {
        return vms.size();
    }

    long vnics() {
        return vnics;
    }

    long connections() {
        return connections;
    }

    long packetsPerSecond() {
        return packetsPerSecond;
    }

    /** What it carries of all, from 0 to 1. */
    double share(Totals totals) {
        return totals.share(vms(), vnics, connections, packetsPerSecond);
    }

    /** The share if it had the VM too. */
    double shareWith(VmLoad vm, Totals totals) {
        return totals.share(
                vms() + 1L,
                vnics + vm.vnics(),
                connections + vm.connections(),
                packetsPerSecond + vm.packetsPerSecond());
    }

    /** The share of one VM. */
    static double shareOf(VmLoad vm, Totals totals) {
        return totals.share(1, vm.vnics(), vm.connections(), vm.packetsPerSecond());
    }
}
