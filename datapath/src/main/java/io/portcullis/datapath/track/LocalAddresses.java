package io.portcullis.datapath.track;

import io.portcullis.policy.IpFamily;
import java.util.Arrays;

/** The VM's own addresses as connections have them: the first {@value #MOST} different ones. One thread. */
public final class LocalAddresses {
    /** No vNIC may learn as many. */
    static final int MOST = 256;

    private IpFamily[] families = new IpFamily[4];
    private long[] words = new long[2 * 4];
    private int count;
    /** Where the last one was found: connections of one address come in a row. */
    private int last;

    /** Gets the addresses. */
    public interface Visitor {
        /** The high bits of an IPv4 address are 0. */
        void visit(IpFamily family, long high, long low);
    }

    void add(EntryFields entry) {
        boolean isLower = entry.isLocalLower();
        FlowKey key = entry.key;
        long low = isLower ? key.lowerLow : key.upperLow;
        if (key.isIpv6()) {
            add(IpFamily.IPV6, isLower ? key.lowerHigh : key.upperHigh, low);
        } else {
            add(IpFamily.IPV4, 0, low);
        }
    }

    private void add(IpFamily family, long high, long low) {
        if (is(last, family, high, low)) {
            return;
        }
        for (int i = 0; i < count; i++) {
            if (is(i, family, high, low)) {
                last = i;
                return;
            }
        }
        if (count == MOST) {
            return;
        }
        if (count == families.length) {
            families = Arrays.copyOf(families, 2 * count);
            words = Arrays.copyOf(words, 2 * words.length);
        }
        families[count] = family;
        words[2 * count] = high;
        words[2 * count + 1] = low;
        last = count++;
    }

    private boolean is(int index, IpFamily family, long high, long low) {
        return index < count && families[index] == family && words[2 * index] == high && words[2 * index + 1] == low;
    }

    /** In the order in which they came. */
    public void forEach(Visitor visitor) {
        for (int i = 0; i < count; i++) {
            visitor.visit(families[i], words[2 * i], words[2 * i + 1]);
        }
    }
}
