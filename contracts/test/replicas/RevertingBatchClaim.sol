// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";

/// @notice What the gas benchmark compares with: a batch claim with the behaviour of the x402 v2
/// batch-settlement reference. One bad row stops the batch, a voucher without payerAuthorizer is asked of
/// the payer's account (EIP-1271), and every row writes the receiver's total and an event.
contract RevertingBatchClaim is EIP712, ReentrancyGuardTransient {
    struct Totals {
        uint128 first;
        uint128 claimed;
    }

    bytes32 private constant CONFIG_TYPEHASH = keccak256(
        "ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)"
    );
    bytes32 private constant VOUCHER_TYPEHASH =
        keccak256("Voucher(bytes32 channelId,uint128 maxClaimableAmount)");

    mapping(bytes32 channelId => Totals) public channels;
    mapping(address receiver => mapping(address token => Totals)) public receivers;

    event Claimed(
        bytes32 indexed channelId, address indexed sender, uint128 claimAmount, uint128 newTotalClaimed
    );

    error Refused(uint256 row);

    constructor() EIP712("x402 Batch Settlement", "1") {}

    /// @dev Stands for a deposit: tokens play no part in the gas of a claim.
    function credit(IInferencePayment.ChannelConfig calldata config, uint128 amount) external {
        channels[_idOf(config)].first += amount;
    }

    function claim(IInferencePayment.VoucherClaim[] calldata rows) external nonReentrant {
        for (uint256 i = 0; i < rows.length; ++i) {
            _claim(rows[i], i);
        }
    }

    function _claim(IInferencePayment.VoucherClaim calldata row, uint256 index) private {
        IInferencePayment.ChannelConfig calldata config = row.voucher.channel;
        if (msg.sender != config.receiverAuthorizer && msg.sender != config.receiver) revert Refused(index);
        bytes32 id = _idOf(config);
        Totals storage channel = channels[id];
        uint128 total = row.totalClaimed;
        if (total <= channel.claimed) return;
        if (total > row.voucher.maxClaimableAmount || total > channel.first) revert Refused(index);
        if (!_isSigned(row, id)) revert Refused(index);

        uint128 raised = total - channel.claimed;
        channel.claimed = total;
        receivers[config.receiver][config.token].claimed += raised;
        emit Claimed(id, msg.sender, raised, total);
    }

    function _isSigned(IInferencePayment.VoucherClaim calldata row, bytes32 id) private view returns (bool) {
        bytes32 fields = keccak256(abi.encode(VOUCHER_TYPEHASH, id, row.voucher.maxClaimableAmount));
        bytes32 digest = _hashTypedDataV4(fields);
        IInferencePayment.ChannelConfig calldata config = row.voucher.channel;
        if (config.payerAuthorizer != address(0)) {
            return ECDSA.recoverCalldata(digest, row.signature) == config.payerAuthorizer;
        }
        return SignatureChecker.isValidSignatureNowCalldata(config.payer, digest, row.signature);
    }

    function _idOf(IInferencePayment.ChannelConfig calldata config) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(CONFIG_TYPEHASH, config)));
    }
}
