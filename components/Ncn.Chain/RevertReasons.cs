using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;
using System.Text;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Chain;

/// <summary>A contract's error: its name, and its name with the values in words.</summary>
internal sealed record RevertReason(string Name, string Text);

/// <summary>Turns the data of a revert into words.</summary>
internal static class RevertReasons
{
    private const int SelectorBytes = 4;
    private const int WordBytes = 32;

    /// <summary>Every custom error of the network's contracts and of the ERC-20 under them; a test holds it against the exported ABI.</summary>
    internal static readonly string[] Known =
    [
        "AddressEmptyCode(address target)", "AlreadySlashed(uint64 epoch,address key)", "AmountAboveAvailable(uint128 requested,uint128 available)",
        "AmountAboveBonded(uint128 requested,uint128 bonded)", "AmountAboveDelegation(uint128 requested,uint128 left)", "AmountOverflow()",
        "AnswerPending(uint40 closableAt)", "AppealPending(uint40 executableAt)", "AuthorizationRefused(address token)",
        "ConsensusKeyTaken(address key,address operator)", "DisputeIsOpen(bytes32 disputeId)", "DisputeNotOpen(bytes32 disputeId)",
        "ECDSAInvalidSignature()", "ECDSAInvalidSignatureLength(uint256 length)", "ECDSAInvalidSignatureS(bytes32 s)",
        "ERC20InsufficientAllowance(address spender,uint256 allowance,uint256 needed)",
        "ERC20InsufficientBalance(address sender,uint256 balance,uint256 needed)", "ERC20InvalidApprover(address approver)",
        "ERC20InvalidReceiver(address receiver)", "ERC20InvalidSender(address sender)", "ERC20InvalidSpender(address spender)",
        "ERC3009InvalidAuthorizationTime(uint256 validAfter,uint256 validBefore)", "ERC3009InvalidSignature()",
        "ERC3009UsedAuthorization(address authorizer,bytes32 nonce)", "EmptyBatch()", "EpochLengthOutOfRange(uint40 epochLength)",
        "EvidenceTooOld(uint64 epoch)", "FailedCall()", "HeightNotRaised(uint64 height,uint64 latest)",
        "InvalidAccountNonce(address account,uint256 currentNonce)", "InvalidChannel()", "InvalidConsensusKey(address key)", "InvalidPermit()",
        "InvalidRefundNonce(uint256 expected)", "InvalidRegistry(address registry)", "InvalidShortString()", "InvalidSignature()",
        "InvalidSignatureOf(uint256 index)", "InvalidSignaturesLength(uint256 length)", "InvalidSigners(uint256 signers)",
        "InvalidStakeToken(address token)", "InvalidSubnetName(uint256 length)", "InvalidUrl(uint256 length)", "MalformedRows(uint256 length)", "NoConflict()",
        "NoParametersPending(uint256 subnetId)", "NoQuorum(uint256 signed,uint256 total)", "NoSeat(uint256 subnetId,address operator)",
        "NoStakeInSubnet(uint256 subnetId,address operator)", "NoWithdrawalPending(bytes32 channelId)",
        "NotActive(uint256 subnetId,address operator)", "NotAnnounced(uint256 subnetId,address operator)",
        "NotEligible(uint256 subnetId,address operator)", "NotInRewardsRoot(uint256 subnetId)", "NotInSet(uint64 epoch,address key)",
        "NotMinter(address caller)", "NotOverClaimed(uint128 totalClaimed,uint128 bound)", "NotPayerSide(address caller)",
        "NotPendingOwner(uint256 subnetId,address caller)", "NotReceiverSide(address caller)", "NotSignedByReceiver(address signer)",
        "NotStakeToken(address token)", "NotSubnetOwner(uint256 subnetId,address caller)", "NothingToClaim()",
        "NothingToFreeze(uint256 subnetId,address operator)", "NothingUnbonding()", "Panic(uint256 code)", "PenaltyKnown(bytes32 penaltyId)",
        "PenaltyNotOpen(bytes32 penaltyId)", "PermitExpired(uint256 deadline)", "ReentrancyGuardReentrantCall()",
        "SafeCastOverflowedUintDowncast(uint8 bits,uint256 value)", "SafeERC20FailedOperation(address token)", "SnapshotTooEarly(uint256 earliest)",
        "StakeBelowMinimum(uint128 bonded,uint128 minimum)", "StakeTooLarge()", "StillActive(uint256 subnetId,address operator)", "StillUnbonding(uint40 releaseAt)", "StringTooLong(string str)",
        "SubnetSilent(uint256 subnetId)", "TooFewValidators(uint256 count)", "TransferNotExact(address token,uint256 expected,uint256 received)",
        "UnbondingDelayOutOfRange(uint40 unbondingDelay)", "UnknownSet(bytes32 setHash)", "UnknownSubnet(uint256 subnetId)",
        "VerificationFloorOutOfRange(uint16 verificationFloor)", "VoucherTooLow(uint128 maxClaimableAmount,uint128 needed)",
        "WithdrawDelayNotElapsed(uint256 finalizeAfter)", "WithdrawDelayOutOfRange(uint40 withdrawDelay)", "WithdrawalPending(bytes32 channelId)",
        "WrongChannel(bytes32 channelId)", "WrongEpoch(uint64 epoch,uint64 expected)", "ZeroAmount()",
    ];

    private static readonly FrozenDictionary<uint, Signature> BySelector = Known.Select(Signature.Parse).ToFrozenDictionary(signature => signature.Selector);

    private static readonly uint Text = Signature.Parse("Error(string text)").Selector;

    internal static RevertReason Describe(ReadOnlySpan<byte> data)
    {
        if (data.Length < SelectorBytes)
        {
            return new RevertReason("", "the contract gave no reason");
        }

        var selector = BitConverter.ToUInt32(data);
        var values = data[SelectorBytes..];
        if (selector == Text)
        {
            return new RevertReason("Error", ReadText(values));
        }

        return BySelector.TryGetValue(selector, out var signature)
            ? new RevertReason(signature.Name, signature.Describe(values))
            : new RevertReason("", $"the contract gave an error unknown to this program, {Hex.Format(data[..SelectorBytes])}");
    }

    // A string is an offset, a length and the bytes; what does not fit together is shown as nothing.
    private static string ReadText(ReadOnlySpan<byte> values)
    {
        if (values.Length < 2 * WordBytes)
        {
            return "";
        }

        var length = new BigInteger(values.Slice(WordBytes, WordBytes), isUnsigned: true, isBigEndian: true);
        var text = values[(2 * WordBytes)..];
        return length <= text.Length ? Encoding.UTF8.GetString(text[..(int)length]) : "";
    }

    private sealed record Signature(string Name, uint Selector, (string Type, string Name)[] Parameters)
    {
        internal static Signature Parse(string text)
        {
            var open = text.IndexOf('(', StringComparison.Ordinal);
            var name = text[..open];
            var parameters = text[(open + 1)..^1].Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(parameter => parameter.Split(' ')).Select(parts => (parts[0], parts[1])).ToArray();
            var canonical = $"{name}({string.Join(',', parameters.Select(parameter => parameter.Item1))})";
            return new Signature(name, BitConverter.ToUInt32(Keccak256.Hash(Encoding.UTF8.GetBytes(canonical))), parameters);
        }

        internal string Describe(ReadOnlySpan<byte> values)
        {
            var text = new StringBuilder(Name);
            for (var i = 0; i < Parameters.Length && values.Length >= (i + 1) * WordBytes; i++)
            {
                var word = values.Slice(i * WordBytes, WordBytes);
                text.Append(i == 0 ? ": " : ", ").Append(Parameters[i].Name).Append(' ').Append(Format(Parameters[i].Type, word));
            }

            return text.ToString();
        }

        private static string Format(string type, ReadOnlySpan<byte> word) => type switch
        {
            "address" => new Address(word[^Address.Size..]).ToString(),
            "bytes32" => Hex.Format(word),
            _ => new BigInteger(word, isUnsigned: true, isBigEndian: true).ToString(CultureInfo.InvariantCulture),
        };
    }
}
