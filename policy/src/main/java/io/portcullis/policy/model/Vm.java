package io.portcullis.policy.model;

import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A virtual machine of the tenant's inventory.
 *
 * @param os operating system in the words of the operator ({@code debian-13}); empty when unknown
 * @param findings what scanners found: name to value, for example {@code malware} to {@code eicar}
 */
public record Vm(VmId id, String os, SortedSet<Tag> tags, SortedMap<String, String> findings, List<Vnic> vnics) {
    public Vm {
        tags = Collections.unmodifiableSortedSet(new TreeSet<>(tags));
        findings = Collections.unmodifiableSortedMap(new TreeMap<>(findings));
        vnics = List.copyOf(vnics);
    }

    /** From collections of any order. */
    public static Vm of(VmId id, String os, Set<Tag> tags, Map<String, String> findings, List<Vnic> vnics) {
        return new Vm(id, os, new TreeSet<>(tags), new TreeMap<>(findings), vnics);
    }

    /** A VM with a name only; add to it with the {@code with…} methods. */
    public static Vm named(VmId id) {
        return new Vm(id, "", new TreeSet<>(), new TreeMap<>(), List.of());
    }

    public String name() {
        return id.name();
    }

    public Optional<Vnic> vnic(VnicId vnic) {
        return vnics.stream().filter(each -> each.id().equals(vnic)).findFirst();
    }

    public Vm withOs(String newOs) {
        return new Vm(id, newOs, tags, findings, vnics);
    }

    /** The same VM with exactly these tags. */
    public Vm withTags(Set<Tag> newTags) {
        return new Vm(id, os, new TreeSet<>(newTags), findings, vnics);
    }

    /** The same VM with one more tag, written {@code scope:value}. */
    public Vm withTag(String tag) {
        SortedSet<Tag> more = new TreeSet<>(tags);
        more.add(Tag.parse(tag));
        return withTags(more);
    }

    /** The same VM with one finding set or replaced. */
    public Vm withFinding(String finding, String value) {
        SortedMap<String, String> more = new TreeMap<>(findings);
        more.put(finding, value);
        return new Vm(id, os, tags, more, vnics);
    }

    public Vm withoutFinding(String finding) {
        SortedMap<String, String> fewer = new TreeMap<>(findings);
        fewer.remove(finding);
        return new Vm(id, os, tags, fewer, vnics);
    }

    public Vm withVnic(Vnic vnic) {
        List<Vnic> more = new ArrayList<>(vnics);
        more.add(vnic);
        return new Vm(id, os, tags, findings, more);
    }

    /** The same VM with this vNIC instead of the one with its id. */
    Vm withVnicInPlace(Vnic vnic) {
        return new Vm(
                id,
                os,
                tags,
                findings,
                vnics.stream()
                        .map(each -> each.id().equals(vnic.id()) ? vnic : each)
                        .toList());
    }
}
