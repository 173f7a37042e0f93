package io.portcullis.policy.compile;

import io.portcullis.policy.model.Expression;
import io.portcullis.policy.table.IpRange;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A group, or the literal addresses on one side of a rule, by number; with its members and what depends on it. The lists are short
 * and mostly empty.
 */
final class GroupNode {
    final int number;
    Expression expression;
    /** The same with its names resolved; null until they are. */
    @Nullable
    Condition condition;
    /** Simple conditions in it, as often as they occur. */
    final List<Expression> leaves = new ArrayList<>(1);
    /** Groups in it, as often as they occur. */
    final List<GroupNode> inner = new ArrayList<>(0);
    /** Groups that it is in, likewise. */
    final List<GroupNode> outer = new ArrayList<>(0);
    /** Longest chain of groups that begins here; 0 while it is not known. */
    int height;
    /** Postings among whose workloads all members are. */
    List<Posting> cover = List.of();

    final Posting members = new Posting();
    /** What its address sets stand for. */
    List<IpRange> literals = List.of();
    /** What it stands for in a rule; null until somebody asks. */
    @Nullable
    List<IpRange> ranges;

    /** Sides of rules that name it. */
    final List<Side> sides = new ArrayList<>(0);
    /** Sides of rules whose literal addresses it is. */
    int holders;
    /** Rules that are applied to it. */
    final List<RuleNode> applied = new ArrayList<>(0);
    /** Rules that are applied to all vNICs and concern those that have an address of the group. */
    final List<RuleNode> concerning = new ArrayList<>(0);
    /** Rules that ask whether a vNIC is a member, or has an address of the group. */
    int asked;
    /** Numbers of the classes of vNICs that are members, or have an address of the group; kept while somebody asks. */
    final IntSet classes = new IntSet();

    // ---- of one update

    /** Workloads that joined or left. */
    final List<WorkloadNode> moved = new ArrayList<>(0);
    /** Workloads to judge. */
    final List<WorkloadNode> pending = new ArrayList<>(0);
    /** Whether all workloads are to be judged. */
    boolean redefined;

    boolean hasOtherLiterals;
    /** Whether its ranges were made in this update, if it is a changed group. */
    boolean hasFreshRanges;

    boolean changed;
    boolean wasAsked;
    boolean askedChanged;

    GroupNode(int number, Expression expression) {
        this.number = number;
        this.expression = expression;
    }
}
