package io.portcullis.loadtest.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The documents of one tenant whose applications have a policy each: VMs of the next application may come, then many rules that each
 * allow one address one service. A VM's table has the rules of its application. VMs of one application are on all hosts.
 */
record RealizeTenant(int vms, int applications, int rules, int hosts) {
    static final String NAME = "bench";
    private static final List<String> SERVICES = List.of("https", "http", "ssh", "dns");

    /** What is there before the rules. */
    String inventory() {
        StringBuilder text = new StringBuilder("kind: Segment\nmetadata: {name: front}\nspec: {vlan: 100}\n");
        for (int application = 0; application < applications; application++) {
            text.append("---\nkind: Group\nmetadata: {name: ")
                    .append(group(application))
                    .append("}\nspec: {members: {tag: \"")
                    .append(tag(application))
                    .append("\"}}\n");
        }
        for (int vm = 0; vm < vms; vm++) {
            text.append("---\nkind: Vm\nmetadata: {name: ")
                    .append(vm(vm))
                    .append("}\nspec: {tags: [\"")
                    .append(tag(application(vm)))
                    .append(String.format(
                            "\"], vnics: [{name: eth0, mac: \"02:00:00:%02x:%02x:%02x\", addresses: [10.%d.%d.%d],",
                            vm >> 16, vm >> 8 & 255, vm & 255, vm >> 16, vm >> 8 & 255, vm & 255))
                    .append(" segment: front, port: \"memory:")
                    .append(vm(vm))
                    .append("\"}]}\n");
        }
        return text.toString();
    }

    /**
     * All policies as one text.
     *
     * @param version each address rule has another service in the next one
     */
    String policies(int version) {
        StringBuilder text = new StringBuilder(rules * 100);
        for (int application = 0; application < applications; application++) {
            text.append(application == 0 ? "" : "---\n")
                    .append("kind: Policy\nmetadata: {name: ")
                    .append(policy(application))
                    .append("}\nspec:\n  category: APPLICATION\n  appliedTo: [")
                    .append(group(application))
                    .append("]\n  rules:\n");
            rules(application, version)
                    .forEach(rule -> text.append("    - name: ")
                            .append(rule.get("name"))
                            .append("\n      sources: ")
                            .append(rule.get("sources"))
                            .append("\n      services: ")
                            .append(rule.get("services"))
                            .append("\n      action: ALLOW\n"));
        }
        return text.toString();
    }

    /** One policy, of which the last rule is of another version. */
    Map<String, Object> policy(int application, int version, int versionOfLast) {
        List<Map<String, Object>> all = new ArrayList<>(rules(application, version));
        all.set(all.size() - 1, rules(application, versionOfLast).getLast());
        return Map.of("category", "APPLICATION", "appliedTo", List.of(group(application)), "rules", all);
    }

    private List<Map<String, Object>> rules(int application, int version) {
        int first = (int) ((long) rules * application / applications);
        int end = (int) ((long) rules * (application + 1) / applications);
        List<Map<String, Object>> all = new ArrayList<>(end - first);
        all.add(rule("next-application", group((application + 1) % applications), "any"));
        all.addAll(IntStream.range(first + 1, end)
                .mapToObj(rule -> rule(
                        "allow-" + rule,
                        "172." + (16 + rule / 65_536 % 16) + "." + rule / 256 % 256 + "." + rule % 256,
                        SERVICES.get((rule + version) % SERVICES.size())))
                .collect(Collectors.toList()));
        return all;
    }

    private static Map<String, Object> rule(String name, String source, String service) {
        return Map.of("name", name, "sources", List.of(source), "services", List.of(service), "action", "ALLOW");
    }

    /** Number of the host on which a VM is. */
    int host(int vm) {
        return vm % hosts;
    }

    int application(int vm) {
        return vm / hosts % applications;
    }

    static String vm(int vm) {
        return "vm-" + vm;
    }

    static String policy(int application) {
        return "policy-" + application;
    }

    static String tag(int application) {
        return "app:" + group(application);
    }

    private static String group(int application) {
        return "app-" + application;
    }
}
