using Ncn.Consensus.Tests.Network;
using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Ledger;

public sealed class StateTrieTests
{
    [Fact]
    public void Equal_contents_have_equal_roots_whatever_their_history()
    {
        var luck = new Luck(5);
        for (var round = 0; round < 20; round++)
        {
            var (trie, model) = (StateTrie.Empty, new SortedDictionary<Hash32, HexBytes>());
            for (var i = 0; i < 100; i++)
            {
                var key = LedgerState.Key(LedgerTable.Node, Sample.Key(luck.Below(30)));
                var value = new HexBytes([(byte)luck.Below(3)]);
                var isPut = luck.Below(3) > 0;
                trie = isPut ? trie.With(key, value) : trie.Without(key);
                _ = isPut ? (model[key] = value) == value : model.Remove(key);
            }

            Assert.Equal(model.Select(static entry => (entry.Key, entry.Value)), trie.Entries);
            Assert.Equal(model.Count, trie.Count);
            Assert.Equal(StateTrie.Of(model.Reverse().Select(static entry => (entry.Key, entry.Value))).Root, trie.Root);
            Assert.All(model, entry => Assert.Equal(entry.Value, trie.Find(entry.Key)));
        }
    }

    [Fact]
    public void Another_key_or_value_is_another_root()
    {
        var trie = StateTrie.Empty.With(Sample.Word(1), new HexBytes([1])).With(Sample.Word(2), new HexBytes([2]));

        Assert.NotEqual(trie.Root, trie.With(Sample.Word(2), new HexBytes([3])).Root);
        Assert.NotEqual(trie.Root, trie.With(Sample.Word(3), new HexBytes([2])).Root);
        Assert.NotEqual(trie.Root, trie.Without(Sample.Word(2)).Root);
        Assert.Equal(trie.Root, trie.Without(Sample.Word(9)).Root);
        Assert.True(StateTrie.Empty.Root.IsZero);
    }
}
