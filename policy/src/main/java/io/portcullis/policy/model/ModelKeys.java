package io.portcullis.policy.model;

import java.net.InetAddress;
import java.util.function.ObjIntConsumer;

/** By what the parts of a model are counted, so that an edit can be checked without a look at all of them. */
final class ModelKeys {
    /** Rules of policies. */
    static final String RULES = "rules";

    /** Of VMs. */
    static final String VNICS = "vnics";

    /** Addresses and VMs that are listed one by one. */
    static final String MEMBERS = "members";

    /** Addresses that were discovered, held back or not. */
    static final String DISCOVERED = "discovered";

    /** Of regular expressions in groups. */
    static final String PATTERN_STEPS = "pattern-steps";

    static final NameMap.Keys<Vm> OF_VM = ModelKeys::ofVm;
    static final NameMap.Keys<Group> OF_GROUP = (group, keys) -> ofExpression(group.expression(), 1, keys);
    static final NameMap.Keys<SecurityPolicy> OF_POLICY = ModelKeys::ofPolicy;
    static final NameMap.Keys<Exclusion> OF_EXCLUSION = ModelKeys::ofExclusion;

    static final NameMap.Keys<StagedPolicy> OF_STAGED = ModelKeys::ofStaged;

    private ModelKeys() {}

    static String segment(String name) {
        return "segment/" + name;
    }

    static String vm(String name) {
        return "vm/" + name;
    }

    static String group(String name) {
        return "group/" + name;
    }

    static String service(String name) {
        return "service/" + name;
    }

    static String policy(String name) {
        return "policy/" + name;
    }

    /** What is unique within a segment: MAC and IP addresses of vNICs. */
    static void claims(Vm vm, ObjIntConsumer<String> keys) {
        for (Vnic vnic : vm.vnics()) {
            keys.accept("mac/" + vnic.segment() + "/" + vnic.mac().value(), 1);
            for (InetAddress address : vnic.allAddresses()) {
                keys.accept(address(vnic.segment(), address), 1);
            }
        }
    }

    /** Of who counts as having the address in the segment. */
    static String address(String segment, InetAddress address) {
        return "ip/" + segment + "/" + text(address);
    }

    /** Without the zone of an IPv6 address: two that differ in it only are one. */
    private static String text(InetAddress address) {
        String text = address.getHostAddress();
        int zone = text.indexOf('%');
        return zone < 0 ? text : text.substring(0, zone);
    }

    private static void ofVm(Vm vm, ObjIntConsumer<String> keys) {
        claims(vm, keys);
        keys.accept(VNICS, vm.vnics().size());
        for (Vnic vnic : vm.vnics()) {
            keys.accept(segment(vnic.segment()), 1);
            if (!vnic.discovered().isEmpty()) {
                keys.accept(DISCOVERED, vnic.discovered().size());
            }
        }
    }

    /** What is nested deeper than it may be is refused, and so need not be counted. */
    private static void ofExpression(Expression expression, int depth, ObjIntConsumer<String> keys) {
        if (depth > Limits.MAX_EXPRESSION_DEPTH) {
            return;
        }
        switch (expression) {
            case Expression.InSegment(String segment) -> keys.accept(segment(segment), 1);
            case Expression.Members members -> {
                keys.accept(MEMBERS, members.vms().size());
                members.vms().forEach(vm -> keys.accept(vm(vm), 1));
            }
            case Expression.Addresses set ->
                keys.accept(MEMBERS, set.addresses().size());
            case Expression.InGroup(String group) -> keys.accept(group(group), 1);
            case Expression.NameMatches(TextMatch match, String text) -> ofText(match, text, keys);
            case Expression.OsMatches(TextMatch match, String text) -> ofText(match, text, keys);
            case Expression.And _, Expression.Or _, Expression.Not _ ->
                expression.operandsByPath().values().forEach(operand -> ofExpression(operand, depth + 1, keys));
            case Expression.HasTag _, Expression.HasFinding _ -> {}
        }
    }

    private static void ofText(TextMatch match, String text, ObjIntConsumer<String> keys) {
        if (match == TextMatch.MATCHES) {
            keys.accept(PATTERN_STEPS, TextPattern.countedSteps(text));
        }
    }

    private static void ofStaged(StagedPolicy staged, ObjIntConsumer<String> keys) {
        SecurityPolicy policy = staged.policy();
        if (policy == null) {
            keys.accept(policy(staged.name()), 1);
        } else {
            ofPolicy(policy, keys);
        }
    }

    private static void ofPolicy(SecurityPolicy policy, ObjIntConsumer<String> keys) {
        keys.accept(RULES, policy.rules().size());
        policy.appliedTo().forEach(group -> keys.accept(group(group), 1));
        for (Rule rule : policy.rules()) {
            keys.accept(
                    MEMBERS,
                    rule.sources().addresses().size()
                            + rule.destinations().addresses().size());
            rule.appliedTo().forEach(group -> keys.accept(group(group), 1));
            rule.sources().groups().forEach(group -> keys.accept(group(group), 1));
            rule.destinations().groups().forEach(group -> keys.accept(group(group), 1));
            rule.services().names().forEach(service -> keys.accept(service(service), 1));
        }
    }

    private static void ofExclusion(Exclusion exclusion, ObjIntConsumer<String> keys) {
        keys.accept(MEMBERS, exclusion.vms().size());
        exclusion.groups().forEach(group -> keys.accept(group(group), 1));
        exclusion.vms().forEach(vm -> keys.accept(vm(vm), 1));
    }
}
