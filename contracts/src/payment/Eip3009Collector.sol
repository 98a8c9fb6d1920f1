// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ChannelConfigHash} from "./ChannelConfigHash.sol";
import {IDepositCollector} from "./IDepositCollector.sol";
import {IInferencePayment} from "./IInferencePayment.sol";
import {TransferAuthorization} from "./TransferAuthorization.sol";

/// @title Deposits by EIP-3009 authorization
/// @notice The payer signs the token's ReceiveWithAuthorization to this contract with the nonce
/// keccak256(abi.encode(channelId, salt)); anyone may then send the deposit. Data is
/// abi.encode(uint256 validAfter, uint256 validBefore, uint256 salt, bytes signature).
/// @dev The channel id is computed here, for the caller's address: an authorization works for the payment
/// contract and the channel that it was signed for, and for nothing else. Holds nothing between calls.
contract Eip3009Collector is IDepositCollector {
    using SafeERC20 for IERC20;

    /// @inheritdoc IDepositCollector
    function collect(IInferencePayment.ChannelConfig calldata config, uint128 amount, bytes calldata data)
        external
    {
        (uint256 validAfter, uint256 validBefore, uint256 salt, bytes memory signature) =
            abi.decode(data, (uint256, uint256, uint256, bytes));
        bytes32 channelId = ChannelConfigHash.idAt(msg.sender, config);
        bytes32 nonce = keccak256(abi.encode(channelId, salt));

        TransferAuthorization(validAfter, validBefore, nonce, signature)
            .receiveFrom(config.token, config.payer, amount);
        IERC20(config.token).safeTransfer(msg.sender, amount);
    }
}
