package io.portcullis.policy.compile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The vNICs of a tenant by signature. One thread. */
final class TableClasses {
    private final GroupIndex groups;
    private final Map<Signature, TableClass> bySignature = new HashMap<>();
    private final Numbered<TableClass> classes = new Numbered<>();
    /** Of vNICs that may use other addresses than their own. */
    private final IntSet undeclared = new IntSet();

    private final List<TableClass> stale = new ArrayList<>();

    TableClasses(GroupIndex groups) {
        this.groups = groups;
    }

    /** Moves the vNIC to the class of its signature. */
    void place(VnicNode vnic, Signature signature) {
        TableClass before = vnic.tableClass;
        if (before != null && before.signature.equals(signature)) {
            return;
        }
        leave(vnic);
        TableClass after = bySignature.get(signature);
        if (after == null) {
            after = new TableClass(classes.next(), signature);
            classes.put(after);
            bySignature.put(signature, after);
            for (int place = 0; place < signature.size(); place++) {
                groups.group(signature.group(place)).classes.add(after.number);
            }
            if (signature.mayUseUndeclared()) {
                undeclared.add(after.number);
            }
            markStale(after);
        }
        after.vnics.add(vnic.number);
        vnic.tableClass = after;
    }

    /** Takes the vNIC out of its class; a class without vNICs is forgotten. */
    void leave(VnicNode vnic) {
        TableClass before = vnic.tableClass;
        vnic.tableClass = null;
        if (before == null) {
            return;
        }
        before.vnics.remove(vnic.number);
        if (before.vnics.isEmpty()) {
            bySignature.remove(before.signature);
            for (int place = 0; place < before.signature.size(); place++) {
                groups.group(before.signature.group(place)).classes.remove(before.number);
            }
            undeclared.remove(before.number);
            classes.retire(before.number);
        }
    }

    void markStale(IntSet numbers) {
        numbers.forEach(number -> markStale(classes.get(number)));
    }

    void markUndeclaredStale() {
        markStale(undeclared);
    }

    void markAllStale() {
        bySignature.values().forEach(this::markStale);
    }

    private void markStale(TableClass tableClass) {
        if (!tableClass.stale) {
            tableClass.stale = true;
            stale.add(tableClass);
        }
    }

    /** The classes with vNICs whose tables are to be made anew; the call ends the update. */
    List<TableClass> takeStale() {
        List<TableClass> taken = new ArrayList<>(stale.size());
        for (TableClass tableClass : stale) {
            tableClass.stale = false;
            if (!tableClass.vnics.isEmpty()) {
                taken.add(tableClass);
            }
        }
        stale.clear();
        classes.recycle();
        return taken;
    }
}
