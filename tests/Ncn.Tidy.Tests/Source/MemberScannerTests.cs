namespace Ncn.Tidy.Tests.Source;

/// <summary>The scanner on code that would mislead a naive one.</summary>
public sealed class MemberScannerTests
{
    private const string Tricky = """"
        namespace A;

        public sealed class B<T>(int x) : C(x) where T : class
        {
            private static readonly int[] Data = [
                1,
            ];
            private readonly D d = new()
            {
                Value = 1,
            };

            public string Name { get; init; } = $"{x switch { 1 => "}", _ => "{" }} }} \" {{";

            // void NotAMethod() {
            [Some(Thing = 1)]
            public void First(NodeRecord record = default)
            {
                var text = """ } """ + @"a""}" + '}' + '\'';
                Do(() => { });
            }

            public int Second() => x switch
            {
                1 => 2,
                _ => 3,
            };

            [Other(typeof(int))]
            private struct Inner
            {
                public int Third => 3;
            }
        }
        """";

    private const string Solidity = """
        contract Escrow is IEscrow {
            struct Channel { uint128 claimed; }
            modifier locked() {
                _;
            }
            constructor(address token_) {
                token = token_; // '}'
            }
            function claim(bytes32 id) external override returns (uint256) {
                unchecked { total += 1; }
                return total;
            }
        }
        """;

    [Fact]
    public void Members_of_csharp_are_found_with_their_lines() => Assert.Equal(
        [("public string Name", 1), ("[Some(Thing = 1)] public void First(NodeRecord record = default)", 6), ("public int Second()", 5), ("public int Third", 1)],
        MemberScanner.Members(Tricky).Select(member => (member.Signature, member.Length)));

    [Fact]
    public void Members_of_solidity_are_found_with_their_lines() => Assert.Equal(
        [("modifier locked()", 3), ("constructor(address token_)", 3), ("function claim(bytes32 id) external override returns (uint256)", 4)],
        MemberScanner.Members(Solidity).Select(member => (member.Signature, member.Length)));

    [Fact]
    public void Names_of_types_are_found() => Assert.Equal(["B", "Inner"], MemberScanner.TypeNames(Tricky));

    [Fact]
    public void Comments_and_strings_hold_no_code() => Assert.Equal("a         b", CodeText.Blank("a /* \"{ */b"));
}
