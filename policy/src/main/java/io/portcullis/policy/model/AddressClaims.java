package io.portcullis.policy.model;

import io.portcullis.policy.DiscoveredAddress;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;

/**
 * Gives each address of a segment to one vNIC at most. Who declares it has it; else who was found to have it first. Others that were
 * found to have it are held back. Nobody gets an address that becomes free, until he is found to have it once more. One thread, one use.
 */
final class AddressClaims {
    private NameMap<Vm> vms;

    AddressClaims(NameMap<Vm> vms) {
        this.vms = vms;
        // at once here, from then on with each change
        vms.countKeys();
    }

    static boolean isTaken(NameMap<Vm> vms, String segment, InetAddress address) {
        vms.countKeys();
        return vms.count(ModelKeys.address(segment, address)) > 0;
    }

    /** The vNIC with these addresses instead of those that it was found to have before. */
    NameMap<Vm> discovered(Vm vm, Vnic vnic, List<DiscoveredAddress> found) {
        Set<InetAddress> active = new HashSet<>(vnic.allAddresses());
        Set<InetAddress> seen = new HashSet<>(vnic.addresses());
        List<DiscoveredAddress> settled = new ArrayList<>(found.size());
        for (DiscoveredAddress each : found) {
            if (seen.add(each.address())) {
                boolean isFree = active.contains(each.address())
                        || vms.count(ModelKeys.address(vnic.segment(), each.address())) == 0;
                settled.add(each.withHeld(!isFree));
            }
        }
        return vms.with(vm.name(), vm.withVnicInPlace(vnic.withDiscovered(settled)));
    }

    /** The VMs, of which these were put in anew and may claim what others have. */
    NameMap<Vm> settled(SortedSet<String> put) {
        for (String name : put) {
            Vm vm = vms.get(name);
            if (vm != null) {
                vm.vnics().forEach(this::takeFromOthers);
            }
        }
        for (String name : put) {
            Vm vm = vms.get(name);
            if (vm != null) {
                vm.vnics().forEach(vnic -> giveWay(name, vnic));
            }
        }
        return vms;
    }

    /** What it declares, nobody else has for having been found with it. */
    private void takeFromOthers(Vnic vnic) {
        for (InetAddress address : vnic.addresses()) {
            if (vms.count(ModelKeys.address(vnic.segment(), address)) > 1) {
                hold(vnic.segment(), address);
            }
        }
    }

    /** Of whoever was found to have it in the segment. Looks at all VMs, as this is rare. */
    private void hold(String segment, InetAddress address) {
        for (Vm vm : vms.values()) {
            for (Vnic vnic : vm.vnics()) {
                if (vnic.segment().equals(segment) && vnic.hasDiscovered(address)) {
                    vms = vms.with(vm.name(), current(vm.name()).withVnicInPlace(vnic.holding(address)));
                }
            }
        }
    }

    private Vm current(String name) {
        Vm vm = vms.get(name);
        if (vm == null) {
            throw new IllegalStateException("VM " + name + " was there");
        }
        return vm;
    }

    /** What it was found with, it has only if nobody else does. */
    private void giveWay(String name, Vnic vnic) {
        Vnic settled = current(name).vnic(vnic.id()).orElse(vnic);
        for (DiscoveredAddress each : settled.discovered()) {
            if (!each.held() && vms.count(ModelKeys.address(vnic.segment(), each.address())) > 1) {
                settled = settled.holding(each.address());
                vms = vms.with(name, current(name).withVnicInPlace(settled));
            }
        }
    }
}
