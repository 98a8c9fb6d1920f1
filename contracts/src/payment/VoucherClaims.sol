// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {ChannelConfigHash} from "./ChannelConfigHash.sol";
import {Channels} from "./Channels.sol";
import {IInferencePayment} from "./IInferencePayment.sol";

/// @notice Claims in the form of x402: every row spells its channel out, and rows may mix receivers.
abstract contract VoucherClaims is Channels {
    /// @inheritdoc IInferencePayment
    function claim(VoucherClaim[] calldata voucherClaims) external nonReentrant {
        if (voucherClaims.length == 0) revert EmptyBatch();

        bytes32 domain = _domainSeparatorV4();
        for (uint256 row = 0; row < voucherClaims.length; ++row) {
            bool asked = _isReceiverSide(voucherClaims[row].voucher.channel);
            _claimRow(domain, voucherClaims[row], row, asked);
        }
    }

    /// @inheritdoc IInferencePayment
    function claimWithSignature(VoucherClaim[] calldata voucherClaims, bytes calldata authorizerSignature)
        external
        nonReentrant
    {
        if (voucherClaims.length == 0) revert EmptyBatch();
        address authorizer = voucherClaims[0].voucher.channel.receiverAuthorizer;
        _checkSignature(authorizer, getClaimBatchDigest(voucherClaims), authorizerSignature);

        bytes32 domain = _domainSeparatorV4();
        for (uint256 row = 0; row < voucherClaims.length; ++row) {
            bool asked = voucherClaims[row].voucher.channel.receiverAuthorizer == authorizer;
            _claimRow(domain, voucherClaims[row], row, asked);
        }
    }

    function _claimRow(bytes32 domain, VoucherClaim calldata row, uint256 index, bool asked) private {
        ChannelConfig calldata config = row.voucher.channel;
        bytes32 channelId = ChannelConfigHash.idIn(domain, config);
        ClaimFault fault = asked ? _claimFault(domain, channelId, row) : ClaimFault.NotReceiverSide;
        if (fault != ClaimFault.None) {
            emit ClaimSkipped(channelId, msg.sender, index, fault);
            return;
        }

        Channel storage channel = channels[channelId];
        uint128 raised = row.totalClaimed - channel.totalClaimed;
        channel.totalClaimed = row.totalClaimed;
        receivers[config.receiver][config.token].totalClaimed += raised;
        emit Claimed(channelId, msg.sender, raised, row.totalClaimed);
    }

    /// @dev Reads only, and calls nothing that a party controls, so that no row can stop the batch.
    function _claimFault(bytes32 domain, bytes32 channelId, VoucherClaim calldata row)
        private
        view
        returns (ClaimFault)
    {
        ChannelConfig calldata config = row.voucher.channel;
        uint128 ceiling = row.voucher.maxClaimableAmount;
        uint128 receiverTotal = receivers[config.receiver][config.token].totalClaimed;
        Channel memory channel = channels[channelId];
        ClaimFault fault =
            _totalFault(row.totalClaimed, ceiling, channel.balance, channel.totalClaimed, receiverTotal);
        if (fault != ClaimFault.None) return fault;

        address signer = config.payerAuthorizer == address(0) ? config.payer : config.payerAuthorizer;
        bytes32 digest = _voucherDigest(domain, channelId, ceiling);
        (address recovered, ECDSA.RecoverError problem,) = ECDSA.tryRecoverCalldata(digest, row.signature);
        bool signed = problem == ECDSA.RecoverError.NoError && recovered == signer;
        return signed ? ClaimFault.None : ClaimFault.BadSignature;
    }
}
