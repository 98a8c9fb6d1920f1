namespace Ncn.Inference.Generation.Constraints;

/// <summary>
/// Reads the names of an object's members. Names of the schema come in its order, each at most once; other names come after the last
/// required one, without escapes, so that they cannot be a name of the schema in another spelling.
/// </summary>
/// <remarks>A frame's count is the next property that may come; its detail holds the place in the trie of names (plus 1; 0 when off it) and the state within a character.</remarks>
internal static class ObjectNames
{
    private const long Off = 0;

    public static Frame Begin(Frame top) => top with { Phase = ContainerPhase.Name, Detail = (ByteTrie.Root + 1) * Utf8Steps.States };

    /// <summary>Whether any member may follow.</summary>
    public static bool Any(Frame top, SchemaNode.Object shape, Func<int, bool> canHold) =>
        Others(top, shape, canHold) || AnyIn(shape.Names.Below(ByteTrie.Root), top, shape, canHold);

    public static FrameStep Next(Frame top, SchemaNode.Object shape, byte value, Func<int, bool> canHold)
    {
        int trie = (int)(top.Detail / Utf8Steps.States) - 1;
        int character = (int)(top.Detail % Utf8Steps.States);
        bool inEscape = trie != ByteTrie.None && shape.Names.InEscape(trie);
        if (value == '"' && !inEscape && character == Utf8Steps.Boundary)
        {
            return End(top, shape, trie, canHold);
        }

        int nextTrie = trie == ByteTrie.None ? ByteTrie.None : shape.Names.Next(trie, value);
        int nextCharacter = Utf8Steps.Next(character, value);
        bool named = nextTrie != ByteTrie.None && AnyIn(shape.Names.Below(nextTrie), top, shape, canHold);
        bool other = !inEscape && value >= 0x20 && value != '\\' && nextCharacter >= 0 && Others(top, shape, canHold);
        return named || other
            ? FrameStep.To(top with { Detail = ((nextTrie + 1L) * Utf8Steps.States) + nextCharacter })
            : FrameStep.None;
    }

    private static FrameStep End(Frame top, SchemaNode.Object shape, int trie, Func<int, bool> canHold)
    {
        int property = trie == ByteTrie.None ? ByteTrie.None : shape.Names.Value(trie);
        if (property != ByteTrie.None)
        {
            return MayCome(property, top, shape, canHold)
                ? FrameStep.To(top with { Phase = ContainerPhase.Colon, Count = property + 1, Detail = Off })
                : FrameStep.None;
        }

        return Others(top, shape, canHold)
            ? FrameStep.To(top with { Phase = ContainerPhase.OtherColon, Count = shape.Properties.Count, Detail = Off })
            : FrameStep.None;
    }

    private static bool Others(Frame top, SchemaNode.Object shape, Func<int, bool> canHold) =>
        shape.Others is { } node && shape.RequiredFrom(top.Count) == shape.Properties.Count && canHold(node);

    private static bool AnyIn(IReadOnlyList<int> properties, Frame top, SchemaNode.Object shape, Func<int, bool> canHold)
    {
        foreach (int property in properties)
        {
            if (MayCome(property, top, shape, canHold))
            {
                return true;
            }
        }

        return false;
    }

    private static bool MayCome(int property, Frame top, SchemaNode.Object shape, Func<int, bool> canHold) =>
        property >= top.Count && property <= shape.RequiredFrom(top.Count) && canHold(shape.Properties[property].Node);
}
