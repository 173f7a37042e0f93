package io.portcullis.loadtest.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;

/**
 * The documents of one tenant with many small VMs, each of one application, which its own VMs and those of the next one may reach. VMs of one application are
 * on all hosts, and all their vNICs have the same rule table.
 */
record ScaleTenant(int vms, int vnicsPerVm, int applications, int hosts) {
    static final String NAME = "bench";
    /** A text of so many is some MiB. */
    private static final int VMS_PER_TEXT = 2_000;

    private static final int SEGMENTS = 100;

    int vnics() {
        return vms * vnicsPerVm;
    }

    /** Segments, groups and policies. */
    String policy() {
        StringJoiner text = new StringJoiner("---\n");
        for (int segment = 0; segment < SEGMENTS; segment++) {
            text.add("kind: Segment\nmetadata: {name: lan-" + segment + "}\nspec: {vlan: " + (segment + 1) + "}\n");
        }
        for (int application = 0; application < applications; application++) {
            text.add("kind: Group\nmetadata: {name: " + group(application) + "}\nspec: {members: {tag: \""
                    + tag(application) + "\"}}\n");
        }
        for (int application = 0; application < applications; application++) {
            text.add("kind: Policy\nmetadata: {name: policy-" + application
                    + "}\nspec:\n  category: APPLICATION\n  appliedTo: [" + group(application)
                    + "]\n  rules:\n    - {name: own, sources: [" + group(application)
                    + "], services: [any], action: ALLOW}\n    - {name: next, sources: ["
                    + group((application + 1) % applications) + "], services: [https], action: ALLOW}\n");
        }
        return text.toString();
    }

    /** All VMs, some thousands a text. */
    List<String> inventory() {
        List<String> texts = new ArrayList<>();
        for (int first = 0; first < vms; first += VMS_PER_TEXT) {
            StringJoiner text = new StringJoiner("---\n");
            for (int vm = first; vm < Math.min(vms, first + VMS_PER_TEXT); vm++) {
                text.add(document(vm));
            }
            texts.add(text.toString());
        }
        return texts;
    }

    private String document(int vm) {
        StringBuilder text = new StringBuilder("kind: Vm\nmetadata: {name: ")
                .append(vm(vm))
                .append("}\nspec:\n  tags: [\"")
                .append(tag(application(vm)))
                .append("\"]\n  vnics:\n");
        for (int vnic = 0; vnic < vnicsPerVm; vnic++) {
            int number = vm * vnicsPerVm + vnic;
            text.append(String.format(
                    Locale.ROOT,
                    "    - {name: eth%d, mac: \"02:00:00:%02x:%02x:%02x\", addresses: [10.%d.%d.%d], segment: lan-%d,"
                            + " port: \"memory:%s\"}%n",
                    vnic,
                    number >> 16,
                    number >> 8 & 255,
                    number & 255,
                    number >> 16,
                    number >> 8 & 255,
                    number & 255,
                    vm % SEGMENTS,
                    port(vm, vnic)));
        }
        return text.toString();
    }

    /** Number of the host on which a VM is. */
    int host(int vm) {
        return vm % hosts;
    }

    int application(int vm) {
        return vm / hosts % applications;
    }

    /** A VM's application is another one after each change. */
    String tagAfter(int vm, int changes) {
        return tag((application(vm) + changes) % applications);
    }

    static String vm(int vm) {
        return "vm-" + vm;
    }

    static String port(int vm, int vnic) {
        return vm(vm) + "-" + vnic;
    }

    private static String tag(int application) {
        return "app:" + group(application);
    }

    private static String group(int application) {
        return "app-" + application;
    }
}
