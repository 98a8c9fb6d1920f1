using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol.Tests;

/// <summary>HPKE against the vectors of RFC 9180, and against whoever changes, cuts or reorders what was sealed.</summary>
public sealed class HpkeTests
{
    private const int Messages = 257;
    private static readonly byte[] Info = "what both sides know"u8.ToArray();

    public static TheoryData<int> Suites => [.. HpkeVector.All.Select(static vector => vector.Aead)];

    [Fact]
    public void The_vectors_have_the_suite_that_the_network_uses() => Assert.Contains((int)HpkeAead.Aes256Gcm, HpkeVector.All.Select(static vector => vector.Aead));

    [Theory]
    [MemberData(nameof(Suites))]
    public void Keys_are_derived_as_in_the_vectors(int suite)
    {
        var vector = Vector(suite);
        using var recipient = HpkePrivateKey.Derive(HpkeVector.Bytes(vector.IkmR));
        using var ephemeral = HpkePrivateKey.Derive(HpkeVector.Bytes(vector.IkmE));
        using var scalar = new HpkePrivateKey(HpkeVector.Bytes(vector.SkRm));
        Assert.Equal(vector.PkRm, Convert.ToHexStringLower(recipient.PublicKey.Span));
        Assert.Equal(vector.PkEm, Convert.ToHexStringLower(ephemeral.PublicKey.Span));
        Assert.Equal(recipient.PublicKey, scalar.PublicKey);
        Assert.DoesNotContain(vector.SkRm, scalar.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void The_sender_seals_and_exports_what_the_vectors_say(int suite)
    {
        var vector = Vector(suite);
        using var ephemeral = new HpkePrivateKey(HpkeVector.Bytes(vector.SkEm));
        using var sender = Hpke.SetUpSender(Key(vector.PkRm), HpkeVector.Bytes(vector.Info), ephemeral, (HpkeAead)suite);
        Assert.Equal(vector.Enc, Convert.ToHexStringLower(sender.EncapsulatedKey.Span));
        var expected = vector.Encryptions.ToDictionary(static each => each.Sequence);
        for (var sequence = 0; sequence < Messages; sequence++)
        {
            var known = expected.GetValueOrDefault(sequence);
            var sealedBytes = sender.Seal(HpkeVector.Bytes(known?.Aad ?? ""), HpkeVector.Bytes(known?.Pt ?? ""));
            Assert.True(known is null || known.Ct == Convert.ToHexStringLower(sealedBytes), $"message {sequence} differs");
        }

        Assert.All(vector.Exports, each => Assert.Equal(each.Value, Convert.ToHexStringLower(sender.Export(HpkeVector.Bytes(each.Context), each.Length))));
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void The_receiver_opens_and_exports_what_the_vectors_say(int suite)
    {
        var vector = Vector(suite);
        using var recipient = new HpkePrivateKey(HpkeVector.Bytes(vector.SkRm));
        Assert.True(Hpke.TrySetUpReceiver(HpkeVector.Bytes(vector.Enc), recipient, HpkeVector.Bytes(vector.Info), out var receiver, (HpkeAead)suite));
        using (receiver)
        {
            foreach (var each in vector.Encryptions.TakeWhile(static (known, at) => known.Sequence == at))
            {
                Assert.True(receiver.TryOpen(HpkeVector.Bytes(each.Aad), HpkeVector.Bytes(each.Ct), out var message));
                Assert.Equal(each.Pt, Convert.ToHexStringLower(message));
            }

            Assert.All(vector.Exports, each => Assert.Equal(each.Value, Convert.ToHexStringLower(receiver.Export(HpkeVector.Bytes(each.Context), each.Length))));
        }
    }

    [Fact]
    public void Whatever_is_changed_is_not_opened()
    {
        var (box, open) = Sealed();
        Assert.True(open(Info, "aad"u8.ToArray(), box));
        for (var bit = 0; bit < 8 * box.Length; bit++)
        {
            byte[] changed = [.. box];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(open(Info, "aad"u8.ToArray(), changed), $"bit {bit}");
        }

        Assert.False(open(Info, "add"u8.ToArray(), box));
        Assert.False(open("else"u8.ToArray(), "aad"u8.ToArray(), box));
        Assert.All(Enumerable.Range(0, box.Length), length => Assert.False(open(Info, "aad"u8.ToArray(), box[..length])));
        Assert.False(open(Info, "aad"u8.ToArray(), [.. box, 0]));
    }

    [Fact]
    public void Messages_open_in_their_order_only_and_a_refused_one_does_not_cost_the_next()
    {
        using var recipient = Draw(1);
        using var ephemeral = Draw(2);
        using var sender = Hpke.SetUpSender(recipient.PublicKey, Info, ephemeral);
        var first = sender.Seal([], "first"u8);
        var second = sender.Seal([], "second"u8);
        Assert.True(Hpke.TrySetUpReceiver(sender.EncapsulatedKey.Span, recipient, Info, out var receiver));
        Assert.False(receiver.TryOpen([], second, out _));
        Assert.True(receiver.TryOpen([], first, out _));
        Assert.False(receiver.TryOpen([], first, out _));
        Assert.True(receiver.TryOpen([], second, out var message));
        Assert.Equal("second"u8.ToArray(), message);
    }

    [Fact]
    public void Another_recipient_opens_nothing()
    {
        using var recipient = Draw(1);
        using var ephemeral = Draw(2);
        using var stranger = Draw(3);
        using var sender = Hpke.SetUpSender(recipient.PublicKey, Info, ephemeral);
        Assert.True(Hpke.TrySetUpReceiver(sender.EncapsulatedKey.Span, stranger, Info, out var receiver));
        Assert.False(receiver.TryOpen([], sender.Seal([], "for one"u8), out _));
    }

    [Fact]
    public void What_is_no_point_of_the_curve_is_no_key()
    {
        using var real = Draw(1);
        var point = real.PublicKey.Span.ToArray();
        byte[] offCurve = [.. point];
        offCurve[64] ^= 1;
        byte[] tooLarge = [4, .. Enumerable.Repeat((byte)0xFF, 64)];
        byte[] compressed = [(byte)(2 + (point[64] & 1)), .. point[1..33]];
        byte[] hybrid = [(byte)(6 + (point[64] & 1)), .. point[1..]];
        byte[][] bad = [[], [0], new byte[65], [4, .. new byte[64]], offCurve, tooLarge, compressed, hybrid, point[..64], [.. point, 0]];
        Assert.All(bad, bytes => Assert.False(HpkePublicKey.TryParse(bytes, out _), Convert.ToHexString(bytes)));
        Assert.All(bad, bytes => Assert.False(Hpke.TrySetUpReceiver(bytes, real, Info, out _)));
        Assert.True(HpkePublicKey.TryParse(point, out var key));
        Assert.Equal(8, key.KeyId.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public void A_scalar_outside_of_the_group_is_no_private_key(string hex) =>
        Assert.Throws<ArgumentException>(() => new HpkePrivateKey(Convert.FromHexString(hex)));

    [Fact]
    public void Too_little_key_material_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => HpkePrivateKey.Derive(new byte[31]));

    [Fact]
    public void An_export_has_a_bounded_length()
    {
        using var recipient = Draw(1);
        using var ephemeral = Draw(2);
        using var sender = Hpke.SetUpSender(recipient.PublicKey, Info, ephemeral);
        Assert.Throws<ArgumentOutOfRangeException>(() => sender.Export([], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => sender.Export([], (255 * 32) + 1));
        Assert.Equal(255 * 32, sender.Export([], 255 * 32).Length);
    }

    [Fact]
    public void A_context_stops_before_a_nonce_comes_twice()
    {
        var keys = HpkeKeys.Schedule(new byte[32], Info, HpkeAead.Aes256Gcm);
        using var sender = new HpkeSender(keys, Draw(1).PublicKey, ulong.MaxValue - 1);
        sender.Seal([], "the last one"u8);
        Assert.Throws<InvalidOperationException>(() => sender.Seal([], "one too many"u8));
    }

    private static (byte[] Box, Func<byte[], byte[], byte[], bool> Open) Sealed()
    {
        var recipient = Draw(1);
        using var ephemeral = Draw(2);
        using var sender = Hpke.SetUpSender(recipient.PublicKey, Info, ephemeral);
        var encapsulated = sender.EncapsulatedKey;
        return (sender.Seal("aad"u8, "a secret"u8), (info, aad, box) =>
            Hpke.TrySetUpReceiver(encapsulated.Span, recipient, info, out var receiver) && receiver.TryOpen(aad, box, out _));
    }

    private static HpkeVector Vector(int suite) => HpkeVector.All.Single(vector => vector.Aead == suite);

    private static HpkePrivateKey Draw(byte seed) => HpkePrivateKey.Derive(Enumerable.Repeat(seed, HpkePrivateKey.Size).ToArray());

    private static HpkePublicKey Key(string hex) => HpkePublicKey.TryParse(HpkeVector.Bytes(hex), out var key) ? key : throw new InvalidOperationException("The vector's key is no point.");
}
