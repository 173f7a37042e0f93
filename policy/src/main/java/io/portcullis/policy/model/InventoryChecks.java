package io.portcullis.policy.model;

import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.MacAddress;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Checks segments and VMs. */
final class InventoryChecks {
    private static final Pattern PORT = Pattern.compile("[a-z][a-z0-9]*:\\S+");

    private final TenantModel model;
    private final Problems problems;
    private final Map<Taken, Owner> taken = new HashMap<>();

    private record Taken(String segment, Object value) {}

    /** The vNIC that has an address, and where it says so. */
    private record Owner(String vnic, String path) {}

    private InventoryChecks(TenantModel model, Problems problems) {
        this.model = model;
        this.problems = problems;
    }

    static void check(TenantModel model, Problems problems) {
        InventoryChecks checks = new InventoryChecks(model, problems);
        checkSegments(model, problems);
        checkCount(model, problems);
        model.vms().values().forEach(checks::checkVm);
    }

    static void checkCount(TenantModel model, Problems problems) {
        problems.checkLimit("/vms", "VMs", model.vms().size(), Limits.MAX_VMS, "MAX_VMS");
    }

    /** One VM by itself; not whether others have its addresses. */
    static void checkVm(TenantModel model, Vm vm, Problems problems) {
        new InventoryChecks(model, problems).checkVm(vm);
    }

    static void checkSegments(TenantModel model, Problems problems) {
        problems.checkLimit("/segments", "segments", model.segments().size(), Limits.MAX_SEGMENTS, "MAX_SEGMENTS");
        Map<Integer, String> byVlan = new HashMap<>();
        for (Segment segment : model.segments().values()) {
            String path = Problems.pointer("segments", segment.name());
            problems.checkName(path + "/name", "segment", segment.name());
            problems.checkText(path + "/description", "description", segment.description());
            if (segment.vlan() < Segment.MIN_VLAN || segment.vlan() > Segment.MAX_VLAN) {
                problems.add(
                        path + "/vlan",
                        "VLAN " + segment.vlan() + " does not exist",
                        "use " + Segment.MIN_VLAN + " to " + Segment.MAX_VLAN);
                continue;
            }
            String other = byVlan.putIfAbsent(segment.vlan(), segment.name());
            if (other != null) {
                problems.add(
                        path + "/vlan",
                        "VLAN " + segment.vlan() + " is already the VLAN of segment " + other,
                        "give each segment a VLAN of its own");
            }
        }
    }

    private void checkVm(Vm vm) {
        String path = Problems.pointer("vms", vm.name());
        if (!vm.id().tenant().equals(model.tenant())) {
            problems.add(
                    path + "/id",
                    "VM " + vm.id() + " belongs to another tenant",
                    "a model of tenant " + model.tenant() + " holds its own VMs only");
        }
        problems.checkText(path + "/os", "operating system", vm.os());
        checkLabels(vm, problems);
        problems.checkLimit(path + "/vnics", "vNICs", vm.vnics().size(), Limits.MAX_VNICS_PER_VM, "MAX_VNICS_PER_VM");
        Set<String> names = new HashSet<>();
        for (int index = 0; index < vm.vnics().size(); index++) {
            Vnic vnic = vm.vnics().get(index);
            String vnicPath = path + "/vnics/" + index;
            if (!vnic.id().vm().equals(vm.id())) {
                problems.add(
                        vnicPath + "/id",
                        vnic.id() + " is no vNIC of " + vm.id(),
                        "begin its id with " + vm.id() + "/");
            }
            if (!names.add(vnic.id().name())) {
                problems.add(
                        vnicPath + "/id",
                        "the VM has two vNICs named " + vnic.id().name(),
                        "name each vNIC of a VM differently");
            }
            checkVnic(vnic, vnicPath);
        }
    }

    private void checkVnic(Vnic vnic, String path) {
        if (!model.segments().containsKey(vnic.segment())) {
            problems.add(
                    path + "/segment",
                    "there is no segment " + Problems.quote(vnic.segment()),
                    "create the segment first, or in the same document");
        }
        if (!PORT.matcher(vnic.port()).matches() || vnic.port().length() > Limits.MAX_TEXT_LENGTH) {
            problems.add(
                    path + "/port",
                    Problems.quote(vnic.port()) + " is no port",
                    "write KIND:NAME, for example tap:web-1/eth0 or memory:web-1");
        }
        MacAddress mac = vnic.mac();
        if (mac.isGroup() || mac.value() == 0) {
            problems.add(path + "/mac", mac + " is no address of a single station", "use a unicast MAC address");
        } else {
            claim(vnic, mac, mac.toString(), path + "/mac");
        }
        problems.checkLimit(
                path + "/addresses",
                "addresses",
                vnic.addresses().size(),
                Limits.MAX_ADDRESSES_PER_VNIC,
                "MAX_ADDRESSES_PER_VNIC");
        for (int index = 0; index < vnic.addresses().size(); index++) {
            InetAddress address = vnic.addresses().get(index);
            String addressPath = path + "/addresses/" + index;
            if (!isUnicast(address)) {
                problems.add(
                        addressPath,
                        address.getHostAddress() + " is no address of a single station",
                        "use a unicast address");
            } else {
                claim(vnic, address, address.getHostAddress(), addressPath);
            }
        }
        checkDiscovered(vnic, path + "/discovered");
    }

    private void checkDiscovered(Vnic vnic, String path) {
        problems.checkLimit(
                path,
                "discovered addresses",
                vnic.discovered().size(),
                Limits.MAX_DISCOVERED_PER_VNIC,
                "MAX_DISCOVERED_PER_VNIC");
        for (int index = 0; index < vnic.discovered().size(); index++) {
            DiscoveredAddress each = vnic.discovered().get(index);
            String addressPath = path + "/" + index;
            if (!isUnicast(each.address())) {
                problems.add(
                        addressPath,
                        each.address().getHostAddress() + " is no address of a single station",
                        "use a unicast address");
            } else if (!each.held()) {
                claim(vnic, each.address(), each.address().getHostAddress(), addressPath);
            }
        }
    }

    private static boolean isUnicast(InetAddress address) {
        return !address.isAnyLocalAddress()
                && !address.isMulticastAddress()
                && !address.isLoopbackAddress()
                && !address.getHostAddress().equals("255.255.255.255");
    }

    /** Of two that have the same address, each is told of the other: a document may have changed either. */
    private void claim(Vnic vnic, Object value, String shown, String path) {
        Owner claimant = new Owner(vnic.id().toString(), path);
        Owner owner = taken.putIfAbsent(new Taken(vnic.segment(), value), claimant);
        if (owner != null) {
            addDuplicate(path, shown, owner, vnic.segment());
            addDuplicate(owner.path(), shown, claimant, vnic.segment());
        }
    }

    private void addDuplicate(String path, String shown, Owner other, String segment) {
        problems.add(
                path,
                shown + " is already used by " + other.vnic() + " in segment " + segment,
                "addresses are unique within a segment");
    }

    static void checkLabels(Vm vm, Problems problems) {
        String path = Problems.pointer("vms", vm.name());
        problems.checkLimit(path + "/tags", "tags", vm.tags().size(), Limits.MAX_TAGS_PER_VM, "MAX_TAGS_PER_VM");
        problems.checkLimit(
                path + "/findings",
                "findings",
                vm.findings().size(),
                Limits.MAX_FINDINGS_PER_VM,
                "MAX_FINDINGS_PER_VM");
        vm.findings().forEach((finding, value) -> {
            String findingPath = path + Problems.pointer("findings", finding);
            problems.checkName(findingPath, "finding", finding);
            problems.checkText(findingPath, "value of the finding", value);
        });
    }
}
