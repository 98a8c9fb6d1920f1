using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Sealing;

namespace Ncn.Protocol.Tests;

/// <summary>Sealed requests and answers: only the right node, only the right client, only whole and in order.</summary>
public sealed class SealingTests
{
    private const ulong Now = 1_800_000_000_000;
    private static readonly ModelDigest Model = new(Keccak256.Of("a model"u8));
    private static readonly byte[] Salt = [.. Enumerable.Range(0, SealedAnswerWriter.SaltSize).Select(static i => (byte)i)];

    [Fact]
    public void A_request_opens_for_its_node_and_model_alone()
    {
        using var node = Draw(1);
        using var other = Draw(2);
        var (box, _) = Seal(node);
        var opened = Open(node, Model, box)!;
        Assert.Equal((Now, "input"), (opened.IssuedAt, System.Text.Encoding.UTF8.GetString(opened.Input)));
        Assert.Equal(node.PublicKey.KeyId, box.KeyId);
        Assert.Equal("input".Length + SealedRequest.Overhead, box.Ciphertext.Length);
        Assert.Null(Open(other, Model, box));
        Assert.Null(Open(node, new ModelDigest(Keccak256.Of("another model"u8)), box));
        Assert.Null(Open(node, Model, box with { EncapsulatedKey = other.PublicKey }));
        Assert.Null(Open(node, Model, box with { Ciphertext = box.Ciphertext[1..] }));
        Assert.Null(SealedRequest.Open(node, Model, new byte[65], box.Ciphertext.Span));
    }

    [Fact]
    public void An_answer_is_read_in_order_to_its_end()
    {
        var (writer, reader) = Answer();
        var parts = Parts(writer);
        foreach (var (part, text) in parts.Zip(Texts))
        {
            Assert.False(reader.IsComplete);
            Assert.True(reader.TryOpen(part, out var content));
            Assert.Equal(text, System.Text.Encoding.UTF8.GetString(content));
        }

        Assert.True(reader.IsComplete);
        Assert.False(reader.TryOpen(parts[^1], out _));
        Assert.Throws<InvalidOperationException>(() => writer.Seal([], isLast: true));
    }

    [Fact]
    public void A_part_that_is_repeated_left_out_or_moved_is_noticed()
    {
        var parts = Parts(Answer().Writer);
        var (_, reader) = Answer();
        Assert.False(reader.TryOpen(parts[1], out _));
        Assert.True(reader.TryOpen(parts[0], out _));
        Assert.False(reader.TryOpen(parts[0], out _));
        Assert.False(reader.TryOpen(parts[2], out _));
        Assert.True(reader.TryOpen(parts[1], out _));
        Assert.False(reader.IsComplete);
    }

    [Fact]
    public void An_end_is_neither_made_up_nor_hidden()
    {
        var parts = Parts(Answer().Writer);
        var (_, reader) = Answer();
        Assert.False(reader.TryOpen([1, .. parts[0][1..]], out _));
        Assert.True(reader.TryOpen(parts[0], out _));
        Assert.True(reader.TryOpen(parts[1], out _));
        Assert.False(reader.TryOpen([0, .. parts[2][1..]], out _));
        Assert.False(reader.TryOpen([2, .. parts[2][1..]], out _));
        Assert.True(reader.TryOpen(parts[2], out _));
    }

    [Fact]
    public void Parts_of_another_answer_to_the_same_request_do_not_fit()
    {
        var (first, reader) = Answer();
        var (second, _) = Answer([.. Salt.Reverse()]);
        Assert.True(reader.TryOpen(first.Seal("one"u8, false), out _));
        _ = second.Seal("eins"u8, false);
        Assert.False(reader.TryOpen(second.Seal("zwei"u8, false), out _));
    }

    [Fact]
    public void Any_changed_bit_of_a_part_is_noticed()
    {
        var part = Answer().Writer.Seal("content"u8, isLast: false);
        for (var bit = 0; bit < 8 * part.Length; bit++)
        {
            byte[] changed = [.. part];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Answer().Reader.TryOpen(changed, out _), $"bit {bit}");
        }

        Assert.All(Enumerable.Range(0, part.Length), length => Assert.False(Answer().Reader.TryOpen(part.AsSpan(0, length), out _)));
    }

    [Fact]
    public void The_length_of_a_part_does_not_tell_that_of_a_word()
    {
        var (writer, _) = Answer();
        _ = writer.Seal([], isLast: false);
        Assert.Equal(writer.Seal("a"u8, isLast: false).Length, writer.Seal("incomprehensibilities"u8, isLast: false).Length);
    }

    private static string[] Texts => ["first", "second", ""];

    private static List<byte[]> Parts(SealedAnswerWriter writer) =>
        [.. Texts.Select((text, at) => writer.Seal(System.Text.Encoding.UTF8.GetBytes(text), at == Texts.Length - 1))];

    private static (SealedAnswerWriter Writer, SealedAnswerReader Reader) Answer(byte[]? salt = null)
    {
        using var node = Draw(1);
        var (box, reader) = Seal(node);
        return (new SealedAnswerWriter(Open(node, Model, box)!.Context, salt ?? Salt), reader);
    }

    private static (SealedBox Box, SealedAnswerReader Answer) Seal(HpkePrivateKey node)
    {
        using var ephemeral = Draw(9);
        return SealedRequest.Seal(node.PublicKey, Model, Now, "input"u8, ephemeral);
    }

    private static OpenedRequest? Open(HpkePrivateKey key, ModelDigest model, SealedBox box) =>
        SealedRequest.Open(key, model, box.EncapsulatedKey.Span, box.Ciphertext.Span);

    private static HpkePrivateKey Draw(byte seed) => HpkePrivateKey.Derive(Enumerable.Repeat(seed, HpkePrivateKey.Size).ToArray());
}
