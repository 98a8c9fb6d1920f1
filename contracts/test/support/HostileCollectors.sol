// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IDepositCollector} from "../../src/payment/IDepositCollector.sol";
import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";

/// @notice Brings nothing.
contract IdleCollector is IDepositCollector {
    function collect(IInferencePayment.ChannelConfig calldata, uint128, bytes calldata) external {}
}

/// @notice Brings one unit too few.
contract PartialCollector is IDepositCollector {
    IERC20 private immutable token;

    constructor(IERC20 token_) {
        token = token_;
    }

    function collect(IInferencePayment.ChannelConfig calldata, uint128 amount, bytes calldata) external {
        token.transfer(msg.sender, amount - 1);
    }
}

/// @notice Brings one unit too many.
contract GreedyCollector is IDepositCollector {
    IERC20 private immutable token;

    constructor(IERC20 token_) {
        token = token_;
    }

    function collect(IInferencePayment.ChannelConfig calldata, uint128 amount, bytes calldata) external {
        token.transfer(msg.sender, amount + 1);
    }
}

/// @notice Tries to have its tokens counted twice, or back, and then brings what was asked for.
contract ReentrantCollector is IDepositCollector {
    IInferencePayment private immutable payment;
    IERC20 private immutable token;
    uint256 public attempts;
    uint256 public refusals;

    constructor(IInferencePayment payment_, IERC20 token_) {
        payment = payment_;
        token = token_;
        token_.approve(address(payment_), type(uint256).max);
    }

    function collect(IInferencePayment.ChannelConfig calldata config, uint128 amount, bytes calldata)
        external
    {
        _try(abi.encodeCall(payment.depositBalance, (address(token), amount)));
        _try(abi.encodeCall(payment.deposit, (config, amount, address(0), "")));
        _try(abi.encodeCall(payment.withdrawBalance, (address(token), amount)));
        _try(abi.encodeCall(payment.settle, (address(this), address(token))));
        token.transfer(msg.sender, amount);
    }

    function _try(bytes memory attack) private {
        (bool succeeded,) = address(payment).call(attack);
        ++attempts;
        if (!succeeded) ++refusals;
    }
}
