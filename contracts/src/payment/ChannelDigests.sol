// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {ChannelConfigHash} from "./ChannelConfigHash.sol";
import {IInferencePayment} from "./IInferencePayment.sol";

/// @notice The EIP-712 digests of the x402 v2 batch-settlement scheme.
/// @dev EIP712 recomputes its domain when the code runs at another address or chain than the constructor
/// did, so the same code also works when it is placed at the canonical x402 address. Whoever needs many
/// digests asks for the domain once.
abstract contract ChannelDigests is IInferencePayment, EIP712 {
    /// @inheritdoc IInferencePayment
    bytes32 public constant CHANNEL_CONFIG_TYPEHASH = ChannelConfigHash.TYPEHASH;
    bytes32 internal constant VOUCHER_TYPEHASH =
        keccak256("Voucher(bytes32 channelId,uint128 maxClaimableAmount)");
    bytes32 private constant REFUND_TYPEHASH =
        keccak256("Refund(bytes32 channelId,uint256 nonce,uint128 amount)");
    bytes32 private constant CLAIM_ENTRY_TYPEHASH =
        keccak256("ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)");
    bytes32 private constant CLAIM_BATCH_TYPEHASH = keccak256(
        "ClaimBatch(ClaimEntry[] claims)ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)"
    );

    constructor() EIP712(ChannelConfigHash.DOMAIN_NAME, ChannelConfigHash.DOMAIN_VERSION) {}

    /// @inheritdoc IInferencePayment
    function getChannelId(ChannelConfig calldata config) public view returns (bytes32) {
        return ChannelConfigHash.idIn(_domainSeparatorV4(), config);
    }

    /// @inheritdoc IInferencePayment
    function getVoucherDigest(bytes32 channelId, uint128 maxClaimableAmount) external view returns (bytes32) {
        return _voucherDigest(_domainSeparatorV4(), channelId, maxClaimableAmount);
    }

    /// @inheritdoc IInferencePayment
    function getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(REFUND_TYPEHASH, channelId, nonce, amount)));
    }

    /// @inheritdoc IInferencePayment
    function getClaimBatchDigest(VoucherClaim[] calldata voucherClaims) public view returns (bytes32) {
        bytes32 domain = _domainSeparatorV4();
        bytes32[] memory entries = new bytes32[](voucherClaims.length);
        for (uint256 row = 0; row < voucherClaims.length; ++row) {
            entries[row] = _claimEntryHash(domain, voucherClaims[row]);
        }
        bytes32 claims = keccak256(abi.encodePacked(entries));
        return MessageHashUtils.toTypedDataHash(domain, keccak256(abi.encode(CLAIM_BATCH_TYPEHASH, claims)));
    }

    function _voucherDigest(bytes32 domain, bytes32 channelId, uint128 maxClaimableAmount)
        internal
        pure
        returns (bytes32)
    {
        return MessageHashUtils.toTypedDataHash(
            domain, keccak256(abi.encode(VOUCHER_TYPEHASH, channelId, maxClaimableAmount))
        );
    }

    function _claimEntryHash(bytes32 domain, VoucherClaim calldata row) private pure returns (bytes32) {
        bytes32 channelId = ChannelConfigHash.idIn(domain, row.voucher.channel);
        return keccak256(
            abi.encode(CLAIM_ENTRY_TYPEHASH, channelId, row.voucher.maxClaimableAmount, row.totalClaimed)
        );
    }
}
